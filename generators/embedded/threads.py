"""Threads: a hook, then the sentences that matter in the order of their text, the link in the last part."""

from __future__ import annotations

from collections.abc import Iterator

from generators.embedded.frames import TITLE_WORTH
from generators.embedded.ranking import spread
from generators.embedded.reading import Quote, Reading
from generators.embedded.shapes import Body, Room, Shape, joined, sentence_body, title_body, weight

FEWEST, MOST = 2, 6
PER_PART = 3  # quotable sentences of a document for each part of its thread
LIGHTEST_PART = 50  # weighted characters; the editorial checks call less than that too short
FULL_PART = 110  # weighted characters under which a part takes the next sentence too


def threads(reading: Reading, room: Room) -> list[Shape]:
    """Threads of *reading*, best first; none where it has too few words."""
    return sorted(_made(reading, room), key=lambda shape: -shape.worth)


def _made(reading: Reading, room: Room) -> Iterator[Shape]:
    title = title_body(reading)
    lead = next(iter(sorted(reading.openers[:3], key=lambda quote: quote.index)), None)
    if title:
        first, used = _opening(reading, room, title, lead)
        yield from _thread(reading, room, first, used, TITLE_WORTH + 0.3, "title")
        if used:
            yield from _thread(reading, room, title, [], TITLE_WORTH, "title alone")
    for quote in reading.openers[:2]:
        body = sentence_body(reading, quote, room.each)
        if body:
            yield from _thread(reading, room, body, [quote], quote.worth, f"sentence {quote.index}")


def _opening(reading: Reading, room: Room, title: Body, lead: Quote | None) -> tuple[Body, list[Quote]]:
    """The headline, with the lead below it where both fit and the lead says more."""
    if lead and len(reading.speakable) > FEWEST and not reading.repeats_title(lead.sentence.text):
        body = sentence_body(reading, lead, room.each - weight(title) - 2)
        if body:
            return joined(title, body), [lead]
    return title, []


def _thread(reading: Reading, room: Room, first: Body, used: list[Quote], worth: float, angle: str) -> Iterator[Shape]:
    parts, taken = [first], list(used)
    after = max((quote.index for quote in used), default=-1)
    for quote in _anchors(reading, taken, after):
        if quote in taken or not _may_follow(quote, taken):
            continue
        body = sentence_body(reading, quote, room.last)
        if body:
            parts.append(_filled(reading, room, quote, body, taken))
    parts = [first, *(body for body in parts[1:] if weight(body) >= LIGHTEST_PART or len(parts) == FEWEST)]
    if len(parts) >= FEWEST and weight(parts[-1]) <= room.last:
        gained = sum(quote.worth for quote in taken) / max(1, len(taken))
        yield Shape(tuple(parts), None, worth + gained / 2, angle, tuple(quote.index for quote in taken))


def _anchors(reading: Reading, taken: list[Quote], after: int) -> list[Quote]:
    """What the further parts begin with, in the order of the text."""
    allowed = [
        quote.index
        for quote in reading.openers
        if quote.index > after and not any(reading.repeats(quote, other) for other in taken)
    ]
    if not taken:
        allowed = [
            index for index in allowed if not reading.repeats_title(reading.quotes[index].sentence.text)
        ] or allowed
    count = max(FEWEST, min(MOST, 1 + len(reading.speakable) // PER_PART)) - 1
    worth = [quote.worth for quote in reading.quotes]
    chosen = spread(worth, reading.alike, count, taken=[quote.index for quote in taken], allowed=allowed)
    return [reading.quotes[index] for index in sorted(chosen)]


def _may_follow(quote: Quote, taken: list[Quote]) -> bool:
    return quote.alone or (bool(taken) and quote.sentence.order == taken[-1].sentence.order + 1)


def _filled(reading: Reading, room: Room, quote: Quote, body: Body, taken: list[Quote]) -> Body:
    """*body* with the very next sentence of the text, where it is short and that one may be quoted and fits."""
    following = next((other for other in reading.speakable if other.index == quote.index + 1), None)
    adjacent = following is not None and following.sentence.order == quote.sentence.order + 1
    taken.append(quote)
    if weight(body) >= FULL_PART or following is None or not adjacent or following in taken:
        return body
    more = sentence_body(reading, following, room.last - weight(body) - 1)
    if more is None or following.sentence.line != quote.sentence.line:
        return body
    taken.append(following)
    return joined(body, more, gap=" " if not reading.unspaced else "\n")
