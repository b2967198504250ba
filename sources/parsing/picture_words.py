"""The words that are embedded in a picture: EXIF, IPTC, XMP and the text fields of its format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree  # type: ignore[import-untyped]
from PIL import ExifTags, ImageFile, IptcImagePlugin

LONGEST = 2_000  # characters of one text
_EXIF = {
    ExifTags.Base.ImageDescription: "EXIF description",
    ExifTags.Base.Artist: "EXIF artist",
    ExifTags.Base.Copyright: "EXIF copyright",
}
_FIELDS = {"title": "title", "description": "description", "author": "author", "comment": "comment"}
_IPTC = {(2, 5): "IPTC title", (2, 105): "IPTC headline", (2, 120): "IPTC caption"}
_CAPTION = "{http://purl.org/dc/elements/1.1/}description"
_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"


def embedded_words(image: ImageFile.ImageFile) -> tuple[tuple[str, str], ...]:
    """Give (where, what) of each text that is embedded in *image*, each text once. Where it was taken is left out."""
    found: dict[str, str] = {}
    for where, text in _texts(image):
        tidy = text.replace("\0", "").strip()[:LONGEST]
        if tidy:
            found.setdefault(tidy, where)
    return tuple((where, text) for text, where in found.items())


def taken_on(image: ImageFile.ImageFile) -> datetime | None:
    """Give when the picture was taken by its camera's clock, as EXIF has it; None where it does not say."""
    exif = image.getexif()
    camera = exif.get_ifd(ExifTags.IFD.Exif)
    said = camera.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    try:
        # A camera names no zone: what it says is kept as it stands.
        return datetime.strptime(str(said).strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _texts(image: ImageFile.ImageFile) -> Iterator[tuple[str, str]]:
    exif = image.getexif()
    for tag, where in _EXIF.items():
        yield where, _text(exif.get(tag))
    comment = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    # Its first eight bytes name its encoding (EXIF 2.3, 4.6.5).
    yield "EXIF comment", _text(comment[8:]) if isinstance(comment, bytes) else ""
    iptc = IptcImagePlugin.getiptcinfo(image) or {}
    for number, where in _IPTC.items():
        yield where, _text(iptc.get(number))
    xmp = image.info.get("xmp")
    yield "XMP caption", _xmp(xmp) if isinstance(xmp, bytes) else ""
    for name, value in image.info.items():
        if isinstance(name, str) and name.lower() in _FIELDS:
            yield f"{image.format} {_FIELDS[name.lower()]}", _text(value)


def _text(value: object) -> str:
    if isinstance(value, list):  # IPTC repeats a field
        return "\n".join(map(_text, value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _xmp(packet: bytes) -> str:
    """Give the caption of an XMP packet in its first language; nothing where it is no XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=False)
    try:
        tree = etree.fromstring(packet.strip(b"\0 \r\n"), parser)
    except etree.XMLSyntaxError:
        return ""
    caption = next(tree.iter(_CAPTION), None)
    item = next(caption.iter(_ITEM), None) if caption is not None else None
    return (item.text if item is not None else "") or ""
