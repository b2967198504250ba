"""Comparable numbers in one sentence: of the same unit, each beside a name that no other has. Anything less is left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from domain.picture import Bar, Comparison
from generators.charts.numbers import Quantity, quantities

_SENTENCE = re.compile(r"[^\n.!?。！？]+(?:[.](?=\S)[^\n.!?。！？]*)*[.!?。！？]?")
_LONGEST = 400  # characters of a sentence
_LETTER = r"[A-Z\u00c0-\u00de\u0391-\u03a9\u0410-\u042f]"
_WORD = rf"{_LETTER}[^\W\d_]*(?:[-'’&][^\W\d_]+)*"
_NAME = rf"{_WORD}(?:\s+(?:(?:of|de|da|del|and the|the)\s+)?{_WORD}){{0,3}}"
_YEAR = r"(?:1[89]|20|21)\d\d"
_CJK_NAME = r"[\u30a0-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3A-Za-z]{1,12}"
_AFTER = re.compile(
    rf"\s*(?:[^\W\d_]{{1,20}}\s+)?(?:in|for|from|at|by|im|für|en|au|aux|nel|von)\s+(?:the\s+)?(?P<name>{_NAME}|{_YEAR})(?!\w)"
)
_BRACKET = re.compile(rf"(?P<name>{_NAME}|{_CJK_NAME})\s*[(（]\s*$")
# A name with at most three words and no comma between it and its amount.
_BEFORE = re.compile(rf"(?<!\w)(?P<name>{_NAME})(?:['’]s)?(?:\s+[^\W\d_]+){{0,3}}\s*$")
_BEFORE_CJK = re.compile(
    rf"(?P<name>{_CJK_NAME}?)(?:人口)?(?:は|が|：|:|为|為|是|有|约|約|達|达到)\s*(?:约|約|計)?\s*$"
)
_SMALL_WORDS = "the a an in on at but and or while with after before by for from as since it its their this that"
_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december today yesterday tomorrow last next"
)
_NO_NAME = frozenset(f"{_SMALL_WORDS} {_DAYS}".split())
# Of what falls the amount is often written without its sign: such a sentence is not drawn.
_FALLS = re.compile(
    r"\b(?:lost|lose[sd]?|losing|loss(?:es)?|fell|falls?|fallen|down|drop\w*|declin\w*|decreas\w*|shr[aiu]nk\w*|less|"
    r"fewer|cut|cuts|minus|verlor\w*|sank|sinkt|gesunken|weniger|baisse|perdu)\b|減|减|下落|下降|赤字|亏损",
    re.IGNORECASE,
)
_FEWEST, _MOST = 2, 12


def in_sentences(text: str, *, material_id: str, title: str, language: str | None) -> Iterator[Comparison]:
    """Give what each sentence of *text* compares: all its amounts of one unit, each with a name of its own."""
    for match in _SENTENCE.finditer(text):
        sentence = match.group().strip()
        if len(sentence) > _LONGEST or _FALLS.search(sentence):
            continue
        found = quantities(sentence, language)
        for unit, group in groupby(sorted(_with_units(found), key=_unit), key=_unit):
            bars = _bars(sentence, sorted(group, key=lambda each: each.start), found)
            if unit and bars is not None:
                yield Comparison(material_id, title, "", unit, bars)


def _unit(quantity: Quantity) -> str:
    return quantity.unit.casefold()


def _with_units(found: Sequence[Quantity]) -> Iterator[Quantity]:
    """Give the amounts, those that leave the unit out with that of the one before: 5 million visitors, 3 million."""
    before: Quantity | None = None
    for each in found:
        if not each.named and each.scaled and before is not None and before.scaled:
            each = Quantity(each.value, before.unit, each.shown, each.start, each.end, scaled=True)
        before = each
        yield each


def _bars(sentence: str, group: Sequence[Quantity], every: Sequence[Quantity]) -> tuple[Bar, ...] | None:
    if not _FEWEST <= len(group) <= _MOST:
        return None
    bars = []
    for quantity in group:
        start = max((each.end for each in every if each.end <= quantity.start), default=0)
        stop = min((each.start for each in every if each.start >= quantity.end), default=len(sentence))
        label = _label(sentence[start : quantity.start], sentence[quantity.end : stop])
        if label is None:
            return None
        bars.append(Bar(label, quantity.value, quantity.shown))
    return tuple(bars) if len({bar.label for bar in bars}) == len(bars) else None


def _label(before: str, after: str) -> str | None:
    """Give what an amount is about, from the words before it and those up to the next; None where that is not plain."""
    if match := _BRACKET.search(before):
        return match["name"]
    if match := _AFTER.match(after):
        return match["name"]
    if match := _BEFORE_CJK.search(before):
        return match["name"].lstrip("年月日") or None
    match = _BEFORE.search(before)
    if match is None or match["name"].split()[0].lower() in _NO_NAME:
        return None
    return match["name"].removesuffix("'s").removesuffix("’s")
