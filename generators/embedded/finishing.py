"""What is put around a body: emoji, question, hashtags, and the source, by its link or by its name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.draft import Segment, SegmentKind
from domain.template import Goal
from domain.weighted_length import LIMIT
from generators.brief import Brief
from generators.embedded import emojis
from generators.embedded.hashtags import hashtags
from generators.embedded.hints import Hint, Wishes, forbids_hashtags
from generators.embedded.reading import Reading
from generators.embedded.shapes import Body, Room, weight
from generators.embedded.style import Manner
from generators.embedded.titles import site_name
from generators.phrases import VIA, question
from generators.pieces import fixed, link, site

LINE, SHORT_LINE = 240, 160


@dataclass(frozen=True, slots=True)
class Finish:
    """Which of the optional pieces a draft carries."""

    link: bool
    via: bool
    emoji: bool
    hashtags: bool
    question: bool
    stop: bool


def wanted(brief: Brief, wishes: Wishes, reading: Reading, manner: Manner | None) -> Finish:
    """What the brief, the hints and the manner ask for. A hint has the last word, then the rules of the API."""
    linked = bool(reading.material.url) and _asked(wishes, Hint.LINK, brief.link)
    tagged = not forbids_hashtags(brief.guidance) and bool(manner and manner.means["hashtags"] >= 1)
    plain = wishes.wants(Hint.PROFESSIONAL)
    return Finish(
        link=linked,
        via=not linked and bool(site_name(reading.material)),
        emoji=_asked(wishes, Hint.EMOJI, not plain and bool(manner and manner.prefers("emoji"))),
        hashtags=_asked(wishes, Hint.HASHTAG, not plain and tagged),
        question=wishes.wants(Hint.QUESTION) and brief.goal is Goal.CONVERSATION,
        stop=not (wishes.wants(Hint.CASUAL) or bool(manner and not manner.prefers("stop"))),
    )


def room_for(finish: Finish, wishes: Wishes, reading: Reading, *, thread: bool) -> Room:
    """How much weight is left to the bodies beside the link or the site's name."""
    source = weight(_source(reading, finish))
    line = SHORT_LINE if wishes.wants(Hint.SHORT) else LINE
    last = LIMIT - source
    if wishes.wants(Hint.SHORT) and not thread:
        last = min(last, SHORT_LINE)
    return Room(each=LIMIT, last=last, line=line)


def finished(
    body: Body, reading: Reading, finish: Finish, *, last: bool = True, first: bool = True
) -> tuple[Segment, ...]:
    """*body* with what *finish* asks for, each piece only where it fits. The source comes last, in the last part."""
    if first and finish.emoji:
        body = _with_emoji(body, reading)
    if not last:
        return body
    tail = _source(reading, finish, body)
    if finish.question and (asked := question(reading.language)):
        body = _if_fits(body, (fixed("\n\n"), fixed(asked)), tail)
    if finish.hashtags:
        for at, tag in enumerate(hashtags(reading.material, reading.title, reading.language)):
            body = _if_fits(body, (fixed("\n\n" if at == 0 else " "), tag), tail)
    return _if_fits(body, tail, ())


def without_extras(finish: Finish) -> Finish:
    """*finish* without emoji and hashtags, which the editorial checks speak against."""
    return replace(finish, emoji=False, hashtags=False)


def _asked(wishes: Wishes, hint: Hint, otherwise: bool) -> bool:
    if wishes.refuses(hint):
        return False
    return wishes.wants(hint) or otherwise


def _source(reading: Reading, finish: Finish, body: Body = ()) -> Body:
    """The link, or the site's name where *body* does not name it yet."""
    if finish.link:
        return (fixed("\n\n"), link(reading.material))
    if finish.via and not any(segment.field == "site" for segment in body):
        return (fixed("\n\n"), fixed(VIA), site(reading.material))
    return ()


def _if_fits(body: Body, more: Body, tail: Body) -> Body:
    return (*body, *more) if weight((*body, *more, *tail)) <= LIMIT else body


def _with_emoji(body: Body, reading: Reading) -> Body:
    for segment in body:
        if segment.field not in ("title", "text") or len(segment.spans) != 1:
            continue
        found = emojis.find(segment.text, reading.language)
        if found:
            symbol, (start, end) = found
            offset = segment.spans[0][0]
            spans = ((offset + start, offset + end),)
            sign = Segment(SegmentKind.EMOJI, symbol, segment.material_id, segment.field, spans)
            at = body.index(segment) + 1
            return (*body[:at], fixed(" "), sign, *body[at:])
    return body
