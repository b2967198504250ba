from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from PIL import Image, PngImagePlugin

from sources.offloaded import NotAPicture
from sources.parsing.picture import LONGEST_SIDE, PictureFacts, examine
from sources.parsing.recognising import sure_words
from tests.media_files import picture, png_bomb, png_of

TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">Crowds at the dome</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
BILLION = b"""<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<a xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
><dc:description><rdf:li>&c;</rdf:li></dc:description></a>"""


def told(content: bytes, kind: str = "PNG") -> PictureFacts:
    return examine(content, TYPES[kind], recognise=False)


def refused(content: bytes, kind: str = "PNG") -> str:
    with pytest.raises(NotAPicture) as caught:
        told(content, kind)
    return str(caught.value)


@pytest.mark.parametrize("kind", TYPES)
def test_every_format_is_taken_apart(kind: str) -> None:
    facts = told(picture(kind, (300, 200)), kind)
    assert (facts.width, facts.height, facts.colours) == (300, 200, ("blue", "white"))
    assert facts.read is None
    assert Image.open(io.BytesIO(facts.small)).format == "JPEG"


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_picture_is_refused(kind: str, share: float) -> None:
    content = picture(kind, (300, 200))
    said = refused(content[: int(len(content) * share)], kind)
    assert said in {"it is truncated or damaged", f"it begins like {TYPES[kind]} and cannot be read as such"}


@pytest.mark.parametrize("content", [png_bomb(6_400), png_of(65_000, 65_000), png_of(2**31 - 1, 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(content: bytes) -> None:
    assert refused(content) == "it has more than 40 million points; make it smaller"


@pytest.mark.parametrize(("kind", "other"), [("PNG", "JPEG"), ("GIF", "PNG"), ("WEBP", "GIF"), ("JPEG", "WEBP")])
def test_what_is_not_of_the_type_that_it_was_taken_for_is_refused(kind: str, other: str) -> None:
    assert refused(picture(kind), other) == f"it begins like {TYPES[other]} and cannot be read as such"


def test_a_picture_stands_upright_and_on_white() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert told(picture("JPEG", (300, 200), exif=exif), "JPEG").width == 200
    clear = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(clear, "PNG")
    assert told(clear.getvalue()).colours == ("white",)


def test_the_small_copy_is_small_and_hides_nothing() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a caption"
    exif[0x8825] = {1: "N", 2: (59.0, 20.0, 0.0)}
    facts = told(picture("JPEG", (4_000, 1_000), exif=exif, comment=b"hidden"), "JPEG")
    small = Image.open(io.BytesIO(facts.small))
    assert max(small.size) == LONGEST_SIDE
    assert not small.getexif()
    assert b"hidden" not in facts.small
    assert b"caption" not in facts.small


def test_embedded_words_are_told_with_where_they_stood_and_each_once() -> None:
    exif = Image.Exif()
    exif[0x010E] = "The dome opens"
    exif[0x013B] = "Mara Lindqvist"
    exif[0x8298] = "CC BY 4.0"
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0seen from the hill"
    exif.get_ifd(0x8769)[0x9003] = "2026:05:03 21:04:00"
    facts = told(picture("JPEG", exif=exif, comment=b"The dome opens", xmp=XMP), "JPEG")
    assert facts.words == (
        ("EXIF description", "The dome opens"),
        ("EXIF artist", "Mara Lindqvist"),
        ("EXIF copyright", "CC BY 4.0"),
        ("EXIF comment", "seen from the hill"),
        ("XMP caption", "Crowds at the dome"),
    )
    assert facts.taken_on == datetime(2026, 5, 3, 21, 4, tzinfo=UTC)


def test_the_text_fields_of_a_png_are_told() -> None:
    fields = PngImagePlugin.PngInfo()
    fields.add_text("Title", "Visitors")
    fields.add_itxt("Description", "Übersicht")
    fields.add_text("Software", "a program")
    assert told(picture(pnginfo=fields)).words == (("PNG title", "Visitors"), ("PNG description", "Übersicht"))


@pytest.mark.parametrize("xmp", [BILLION, b"<no xml", b"\0\xff", b""])
def test_hostile_xmp_says_nothing(xmp: bytes) -> None:
    assert told(picture("JPEG", xmp=xmp), "JPEG").words == ()


def test_a_date_that_is_none_is_left_out() -> None:
    for said in ("0000:00:00 00:00:00", "yesterday", "2026:02:31 10:00:00"):
        exif = Image.Exif()
        exif[0x0132] = said
        assert told(picture(exif=exif)).taken_on is None


def test_only_words_that_are_sure_are_read() -> None:
    head = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    rows = ["5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t96.1\tVisitors", "5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t91\t2026"]
    rows += ["5\t1\t1\t1\t2\t1\t0\t0\t9\t9\t12.0\t~=|", "4\t1\t1\t1\t2\t0\t0\t0\t9\t9\t-1\t", "broken\trow"]
    rows += ["5\t1\t2\t1\t1\t1\t0\t0\t9\t9\t88\tMay", "5\t1\t2\t1\t1\t2\t0\t0\t9\t9\tnone\tx"]
    assert sure_words("\n".join([head, *rows])) == "Visitors 2026\nMay"
    assert sure_words("") == ""
