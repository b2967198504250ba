"""Whether a hint shows in a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.draft import Draft, SegmentKind
from domain.template import Goal, PostType
from domain.weighted_length import weighted_length
from generators.brief import Brief
from generators.embedded.boilerplate import QUOTED
from generators.embedded.hints import Hint
from generators.phrases import ARROW, BULLET, question
from generators.rules import has_emoji, without_links

SHORT, LONG = 190, 160  # weighted characters, the link included


def shows(hint: Hint, draft: Draft, brief: Brief, language: str | None) -> bool:  # noqa: C901 — one line a hint
    """Whether *draft* does what *hint* asks for."""
    texts = [part.text for part in draft.parts]
    whole = draft.text
    match hint:
        case Hint.EMOJI:
            return has_emoji(whole)
        case Hint.HASHTAG:
            return bool(re.search(r"(?<!\w)#\w", without_links(whole)))
        case Hint.QUESTION:
            asked = question(language)
            return brief.goal is Goal.CONVERSATION and asked is not None and asked in whole
        case Hint.LINK:
            return any(segment.kind is SegmentKind.LINK for part in draft.parts for segment in part.segments)
        case Hint.PROFESSIONAL:
            return not has_emoji(whole) and not re.search(r"[!！#]", without_links(whole))
        case Hint.CASUAL:
            return not re.search(r"[.。]$", _body(draft))
        case Hint.SHORT:
            return max(map(weighted_length, texts)) <= SHORT
        case Hint.LONG:
            return max(map(weighted_length, texts)) >= LONG
        case Hint.NUMBERS:
            return bool(re.search(r"\d", without_links(whole)))
        case Hint.THREAD:
            return brief.type is PostType.THREAD
        case Hint.QUOTE:
            return bool(QUOTED.search(whole))
        case Hint.BULLETS:
            return _has_fixed(draft, (ARROW, BULLET))


def _has_fixed(draft: Draft, words: Iterable[str]) -> bool:
    kinds = {segment.text for part in draft.parts for segment in part.segments if segment.kind is SegmentKind.TEMPLATE}
    return bool(kinds & set(words))


def _body(draft: Draft) -> str:
    said = [segment.text for segment in draft.parts[0].segments if segment.field in ("text", "title")]
    return said[-1] if said else ""
