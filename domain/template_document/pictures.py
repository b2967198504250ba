"""The part of a template document that says which picture its posts show: at a URL, or in a file that was kept."""

from __future__ import annotations

from collections.abc import Mapping

from domain.picture import ALT_LIMIT, OwnPicture
from domain.template_document.fields import Fields
from domain.template_document.media import FILE_ID
from domain.template_document.names import PICTURE_FIELDS, normalise


def read_picture(fields: Fields) -> OwnPicture | None:
    """Give the picture, or None after noting what is wrong; a text alone is its URL."""
    value = fields.raw("picture")
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = {"url": value}
    if not isinstance(value, Mapping):
        fields.problem("picture", "must be a URL, or a table with url or file, and alt")
        return None
    prefix = f"{fields.path('picture')}."
    table = Fields(normalise(value, PICTURE_FIELDS, fields.problems, prefix=prefix), fields.problems, prefix)
    before = len(fields.problems)
    if table.has("url") == table.has("file"):
        fields.problem("picture", "give either url or file")
        return None
    url = table.url("url", table.raw("url")) if table.has("url") else None
    hint = "must be the id of a kept file, which `ostinato file add` gives"
    file = table.matching("file", FILE_ID, hint) if table.has("file") else None
    alt = " ".join((table.text("alt", limit=ALT_LIMIT) or "").split())
    return OwnPicture(url, file, alt) if len(fields.problems) == before else None


def picture_document(picture: OwnPicture | None) -> dict[str, str] | None:
    """Give the document that `read_picture` gives *picture* back from."""
    if picture is None:
        return None
    given = {"url": picture.url, "file": picture.file, "alt": picture.alt or None}
    return {name: value for name, value in given.items() if value is not None}
