"""A picture as material: what a model says that it shows, or what can be told without one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from domain.errors import SourceError
from domain.material import Material, MaterialKind, ReadFile
from domain.protocols import Offload
from sources.cleaning import clean
from sources.media import Loaded
from sources.offloaded import NotAPicture, examine_picture

if TYPE_CHECKING:
    from sources.parsing.picture import PictureFacts

LONGEST_ALT = 1_000  # characters; X's own limit
_ABOUT_IT = ("caption", "description", "comment", "title", "headline")  # embedded words that tell what it shows


@dataclass(frozen=True, slots=True)
class Told:
    """What a model told of a picture: *sentences* about it, the *text* that stands in it, and a short description."""

    sentences: tuple[str, ...]
    text: str
    alt: str


async def examine(loaded: Loaded, *, offload: Offload, recognise: bool) -> PictureFacts:
    """Take a picture apart in a process of its own; with *recognise* look for text in it too.

    Raises SourceError for a picture that is truncated, damaged or too large to be taken apart.
    """
    try:
        return await offload(examine_picture, loaded.content, loaded.media_type, recognise)
    except NotAPicture as error:
        raise SourceError(loaded.source, str(error)) from error
    except TimeoutError as error:
        raise SourceError(loaded.source, "the picture took too long to take apart") from error
    except MemoryError as error:
        raise SourceError(loaded.source, "the picture needed too much memory to take apart") from error


def file_of(loaded: Loaded) -> ReadFile:
    """Give what is known of a file before it is read."""
    digest = hashlib.sha256(loaded.content).hexdigest()
    return ReadFile(loaded.source, digest, loaded.media_type, len(loaded.content))


def image_material(
    facts: PictureFacts,
    told: Told | None,
    file: ReadFile,
    *,
    alone: bool,
    material_id: str,
    now: datetime,
) -> Material:
    """Give a picture as material: what was *told* of it, or the words that stand in it and beside it.

    Where there are no words, its size and colours are its text, but only when it is *alone*: no post is made of them
    while there is something else to tell.
    """
    about = [text for where, text in facts.words if where.endswith(_ABOUT_IT)]
    known = facts_of(facts)
    said = [*(told.sentences if told else ()), *about] if told else [*about, facts.read or ""]
    if told and told.text:
        said.append(told.text)
    text = clean("\n\n".join(dict.fromkeys(filter(None, map(clean, said)))))
    if not text and alone:
        text = clean(f"{known}.")
    alt = file.alt or clean(told.alt if told else next(iter(about), ""))[:LONGEST_ALT]
    return Material(
        id=material_id,
        kind=MaterialKind.IMAGE,
        text=text,
        author=next((clean(text) for where, text in facts.words if where.endswith(("artist", "author"))), None),
        fetched_at=now,
        file=replace(file, alt=alt, facts=known),
    )


def facts_of(facts: PictureFacts) -> str:
    """Give what can be told of any picture, in one sentence without its full stop."""
    kind = facts.media_type.partition("/")[2].upper()
    taken = f", taken on {facts.taken_on.day} {facts.taken_on:%B %Y}" if facts.taken_on else ""
    colours = f", mostly {_listed(facts.colours)}" if facts.colours else ""
    return f"A {kind} picture of {facts.width} × {facts.height} points{taken}{colours}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
