"""From the bytes of a page to its characters, by header, byte order mark, declaration, or likelihood."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,500}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE
)
_DECLARED_WITHIN = 2_048
# Encodings of Python that are no encodings of pages, some of them a way to hide text or to burn time.
_NO_PAGE = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined"})
# What browsers read under the label (WHATWG Encoding Standard).
_READ_AS = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "iso8859-9": "cp1254"}


def decode(body: bytes, charset: str | None = None) -> str:
    """Give the text of *body*. A byte order mark wins over the header's *charset*, that over the page's declaration.

    Without any of them the text is UTF-8 if it can be, else Windows-1252. Undecodable bytes become U+FFFD.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _DECLARED.search(body[:_DECLARED_WITHIN])
    label = declared[1].decode("ascii") if declared else None
    if label and label.lower().startswith("utf-16"):  # it was read as ASCII just now, so it is not UTF-16
        label = "utf-8"
    for given in (charset, label):
        if codec := _codec(given):
            return body.decode(codec, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _codec(label: str | None) -> str | None:
    try:
        name = codecs.lookup((label or "").strip().lower()).name
        b"x".decode(name, "replace")  # refuses what is no text encoding, such as zlib
    except (LookupError, ValueError):
        return None
    return None if name.replace("_", "-") in _NO_PAGE else _READ_AS.get(name, name)
