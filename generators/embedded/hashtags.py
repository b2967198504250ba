"""Hashtags: from the source's own tags, else from a proper name of the title."""

from __future__ import annotations

import re

from domain.draft import Segment, SegmentKind
from domain.material import Material, MaterialKind
from generators.embedded.filters import is_safe
from generators.embedded.language import unspaced_share
from generators.embedded.sentences import split
from generators.pieces import spans_text
from generators.verify import hashtag

MOST = 2
LONGEST = 24  # characters
_TAG = re.compile(r"[^\n]+")
_NAME = re.compile(r"(?<=\s)[^\W\d_a-z][^\W\d_]+(?:\s[^\W\d_a-z][^\W\d_]+)+")


def hashtags(material: Material, title: tuple[int, int] | None, language: str | None) -> tuple[Segment, ...]:
    """Up to two hashtags for *material*, with the words they were made of."""
    tags = "\n".join(material.tags)
    found = [_segment(material, "tags", match.group(), match.span()) for match in _TAG.finditer(tags)]
    if not found and title and language != "de":  # every German noun looks like a name
        text = material.title[: title[1]]
        found = [_segment(material, "title", match.group(), match.span()) for match in _NAME.finditer(text)]
    kept: list[Segment] = []
    shown = _shown(material) if found and material.kind is MaterialKind.PAGE else None
    for segment in found:
        words = spans_text(material, segment.field, segment.spans)
        if not is_safe(words, material) or (shown is not None and words.casefold() not in shown):
            continue  # an address or an account; keywords of a page are declared where no reader looks
        if _is_good(segment.text) and segment.text.casefold() not in {other.text.casefold() for other in kept}:
            kept.append(segment)
    return tuple(kept[:MOST])


def _shown(material: Material) -> str:
    """Give what a reader of *material* sees and may be told, for looking words up in it."""
    told = (sentence.text for sentence in split(material.text) if is_safe(sentence.text, material))
    return "\n".join((material.title, *told)).casefold()


def _segment(material: Material, field: str, words: str, span: tuple[int, int]) -> Segment:
    return Segment(SegmentKind.HASHTAG, hashtag(words), material.id, field, (span,))


def _is_good(text: str) -> bool:
    return (3 <= len(text) - 1 <= LONGEST and any(c.isalpha() for c in text) and unspaced_share(text) < 1) or (
        2 <= len(text) - 1 <= 10 and unspaced_share(text) == 1
    )
