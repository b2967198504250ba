"""The three forms of a single post: OneLiner, Paragraphs and Explainer."""

from __future__ import annotations

from collections.abc import Iterator

from domain.template import TweetStyle
from domain.weighted_length import weighted_length
from generators.embedded.ranking import spread
from generators.embedded.reading import Quote, Reading
from generators.embedded.shapes import Body, Room, Shape, follows, joined, sentence_body, title_body, weight
from generators.phrases import ARROW
from generators.pieces import fixed

HOOKS = 4
TITLE_WORTH = 1.15  # a headline beside sentences, whose worth lies between 0 and about 2.6
TITLE_AS_LINE = 1.3
POINT = 115  # weighted characters of one line of an Explainer
POINTS = 3
SHORT_TITLE = 50  # weighted characters under which a headline alone says too little


def shapes(reading: Reading, style: TweetStyle, room: Room) -> list[Shape]:
    """The posts of form *style* that *reading* has the words for, best first."""
    make = {
        TweetStyle.ONE_LINER: one_liners,
        TweetStyle.PARAGRAPHS: paragraphs,
        TweetStyle.EXPLAINER: explainers,
    }[style]
    return sorted(make(reading, room), key=lambda shape: -shape.worth)


def one_liners(reading: Reading, room: Room) -> Iterator[Shape]:
    """One sentence, or the headline."""
    limit = min(room.line, room.last)
    for quote in reading.openers[:HOOKS]:
        body = sentence_body(reading, quote, limit)
        if body:
            yield Shape((body,), TweetStyle.ONE_LINER, quote.worth, f"sentence {quote.index}", (quote.index,))
    title = title_body(reading)
    if title and weight(title) <= limit:
        worth = TITLE_AS_LINE if weight(title) >= SHORT_TITLE else TITLE_WORTH / 2
        yield Shape((title,), TweetStyle.ONE_LINER, worth, "title")


def paragraphs(reading: Reading, room: Room) -> Iterator[Shape]:
    """A hook and one or two sentences, with blank lines between them."""
    for hook, quote, worth, angle in _hooks(reading, room):
        for count in (2, 1):
            made = _with_sentences(reading, room, hook, quote, count)
            if made:
                body, used = made
                bonus = sum(max(0.0, reading.quotes[index].worth) for index in used) / (2 * len(used))
                indexes = (*((quote.index,) if quote else ()), *used)
                yield Shape((body,), TweetStyle.PARAGRAPHS, worth + bonus, angle, indexes)
                break


def explainers(reading: Reading, room: Room) -> Iterator[Shape]:
    """A hook and up to three short lines with arrows."""
    for hook, quote, worth, angle in _hooks(reading, room):
        points: list[tuple[Quote, Body]] = []
        for other in _candidates(reading, hook, quote, POINTS * 3):
            if quote is None and reading.repeats_title(other.sentence.text):
                continue
            body = sentence_body(reading, other, POINT, stop=False)
            if body and other.alone and not _clashes(reading, other, [point for point, _ in points]):
                lines = joined(hook, _lines([*points, (other, body)]))
                if weight(lines) <= room.last:
                    points.append((other, body))
            if len(points) == POINTS:
                break
        if len(points) >= 2:
            used = tuple(point.index for point, _ in points)
            bonus = sum(point.worth for point, _ in points) / (2 * len(points))
            text = joined(hook, _lines(points))
            yield Shape((text,), TweetStyle.EXPLAINER, worth + bonus + 0.1 * (len(points) - 2), angle, used)


def _hooks(reading: Reading, room: Room) -> Iterator[tuple[Body, Quote | None, float, str]]:
    title = title_body(reading)
    if title and weight(title) <= room.last // 2:
        yield title, None, TITLE_WORTH, "title"
    for quote in reading.openers[: HOOKS - 1]:
        body = sentence_body(reading, quote, room.last * 2 // 3)
        if body:
            yield body, quote, quote.worth, f"sentence {quote.index}"


def _with_sentences(
    reading: Reading, room: Room, hook: Body, quote: Quote | None, count: int
) -> tuple[Body, tuple[int, ...]] | None:
    chosen: list[Quote] = []
    body = hook
    pool = _candidates(reading, hook, quote, 8)
    while pool:
        before = chosen[-1] if chosen else quote
        other = next((other for other in pool if before and _adjacent(other, before)), pool[0])
        pool.remove(other)
        if (before and other.index < before.index) or not follows(other, before) or _clashes(reading, other, chosen):
            continue
        piece = sentence_body(reading, other, room.last - weight(body) - 2)
        if piece:
            body = joined(body, piece)
            chosen.append(other)
        if len(chosen) == count:
            break
    return (body, tuple(other.index for other in chosen)) if chosen else None


def _candidates(reading: Reading, hook: Body, quote: Quote | None, count: int) -> list[Quote]:
    """Sentences to follow *hook*, by worth and difference."""
    said = "".join(segment.text for segment in hook)
    allowed = [
        other.index
        for other in reading.speakable
        if (quote is None or not reading.repeats(quote, other))
        and not (
            quote is None and reading.repeats_title(other.sentence.text) and _adds_little(other.sentence.text, said)
        )
    ]
    taken = [quote.index] if quote else []
    worth = [other.worth for other in reading.quotes]
    return [reading.quotes[index] for index in spread(worth, reading.alike, count, taken=taken, allowed=allowed)]


def _adds_little(text: str, said: str) -> bool:
    """Whether *text*, alike to what was *said*, is hardly longer than it."""
    return weighted_length(text) < 1.6 * weighted_length(said)


def _adjacent(quote: Quote, before: Quote) -> bool:
    return quote.sentence.order == before.sentence.order + 1 and quote.sentence.line == before.sentence.line


def _clashes(reading: Reading, quote: Quote, chosen: list[Quote]) -> bool:
    return any(reading.repeats(quote, other) for other in chosen)


def _lines(points: list[tuple[Quote, Body]]) -> Body:
    ordered = sorted(points, key=lambda point: point[0].index)
    return joined(*((fixed(ARROW), *body) for _, body in ordered), gap="\n")
