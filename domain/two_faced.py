"""Files that are two things at once: a picture or a sound in which an archive, a document or a web page hides too."""

from __future__ import annotations

import re

BEGINNING = 1024  # bytes in which readers of web pages and of PDF look for their first words
_ARCHIVE_END = b"PK\x05\x06"
_ENTRY = b"PK\x01\x02"
_END_SIZE, _COMMENT_LIMIT = 22, 65_535
_PAGE = re.compile(rb"<(?:!doctype html|html|head|body|script|iframe|svg)[\s/>]|<\?php", re.IGNORECASE)


def second_face(content: bytes) -> str | None:
    """Give what *content* is beside what its first bytes say: a ZIP archive, a PDF or a web page; None for nothing."""
    if _ends_as_archive(content):
        return "a ZIP archive"
    beginning = content[:BEGINNING]
    if b"%PDF-" in beginning:
        return "a PDF document"
    return "a web page" if _PAGE.search(beginning) else None


def _ends_as_archive(content: bytes) -> bool:
    """Tell whether a ZIP's end record stands at the end, and its directory where that says (APPNOTE 4.3.16)."""
    end = content.rfind(_ARCHIVE_END, max(0, len(content) - _END_SIZE - _COMMENT_LIMIT))
    if end < 0 or len(content) - end < _END_SIZE:
        return False
    size = int.from_bytes(content[end + 12 : end + 16], "little")
    begin = end - size
    return size == 0 or (begin >= 0 and content[begin : begin + 4] == _ENTRY)
