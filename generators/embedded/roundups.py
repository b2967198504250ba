"""Roundups: a thread about several materials, one part for each, with its own link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.draft import Draft, Part
from domain.errors import WriterError
from domain.material import Material
from generators.brief import Brief
from generators.embedded import attributed, lists, releases
from generators.embedded.finishing import finished, room_for, wanted
from generators.embedded.hints import Wishes
from generators.embedded.met import shows
from generators.embedded.reading import Reading, read
from generators.embedded.shapes import Body, Room, joined, sentence_body, title_body, weight
from generators.embedded.style import Manner
from generators.pieces import part, quoted
from generators.verify import problems

ADDS = 3  # a sentence so many times as long as the headline that it resembles says more than that


def compose(materials: Sequence[Material], brief: Brief, wishes: Wishes, manner: Manner | None) -> tuple[Draft, ...]:
    """The draft of one thread about *materials*, in their order, behind the owner's own words where these are given.

    A material that has no words for a part is left out, and named as unmet. Raises WriterError where all are.
    """
    opening = [part((quoted(own, "text", ((0, len(own.text)),)),)) for own in materials if own.as_it_stands]
    readings = [read(material) for material in materials if not material.as_it_stands]
    parts = [_part(reading, brief, wishes, manner) for reading in readings]
    told = [found for found in parts if found is not None]
    draft = Draft(
        id="",
        parts=(*opening, *told),
        language=readings[0].language,
        material_ids=tuple(material.id for material in materials),
    )
    if not told or problems(draft, materials):
        raise WriterError("no entry has a headline or a sentence that can stand in a part of its own")
    left_out = [
        f"{reading.material.url or reading.material.title}: left out, it has no words for a part"
        for reading, found in zip(readings, parts, strict=True)
        if found is None
    ]
    unmet = wishes.unmet(lambda hint: shows(hint, draft, brief, draft.language))
    return (replace(draft, unmet_hints=(*unmet, *left_out)),)


def _part(reading: Reading, brief: Brief, wishes: Wishes, manner: Manner | None) -> Part | None:
    """One part: the headline, with a sentence below it where one fits; None without words for it.

    What cannot pass the gate, such as a headline with somebody's handle, is no part either.
    """
    finish = replace(wanted(brief, wishes, reading, manner), question=False, via=False)
    room = room_for(finish, wishes, reading, thread=True)
    for body in _bodies(reading, room):
        found = part(finished(body, reading, finish))
        if not problems(Draft("", (found,), language=reading.language), (reading.material,)):
            return found
    return None


def _bodies(reading: Reading, room: Room) -> Sequence[Body]:
    """The bodies that a part may have, best first."""
    title = title_body(reading) or releases.name_body(reading.material) or _as_quoted(reading, room)
    title = title if weight(title) <= room.last else ()
    found: list[Body] = []
    if lists.is_list(reading.material):
        found += [shape.bodies[0] for shape in lists.list_shapes(reading.material, room.last)]
    found += [shape.bodies[0] for shape in releases.release_shapes(reading, room)]
    for quote in reading.openers[:4]:
        if title and reading.repeats_title(quote.sentence.text) and len(quote.sentence.text) < ADDS * weight(title):
            continue
        body = sentence_body(reading, quote, room.last - (weight(title) + 2 if title else 0))
        if body:
            found.append(joined(title, body) if title else body)
    if title:
        found.append(title)
    return found or [shape.bodies[0] for shape in attributed.shapes(reading, room)]


def _as_quoted(reading: Reading, room: Room) -> Body:
    """The headline that only its author can say, in quotation marks and with the site's name."""
    said = (shape.bodies[0] for shape in attributed.shapes(reading, room) if shape.angle == "quoted title")
    return next(said, ())
