"""Facts: what a model quotes of a document, kept only where the document really says it.

This is the wall between a page and what is written from it: from here on the model sees these quotations and no page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.material import Material, MaterialKind
from generators.embedded.boilerplate import ADVERT
from generators.embedded.filters import is_safe
from generators.model.answers import Digest, Quoted
from generators.pieces import Span, field_text

SHORTEST = 8  # characters of a quotation that says something
MOST = 24  # facts of one document
LONGEST_DOCUMENT = 12_000  # characters of a document that a model reads, and that are searched
_ALIKE = str.maketrans(dict.fromkeys("‘’‚‛`´′", "'") | dict.fromkeys("“”„‟″", '"') | dict.fromkeys("‐‑‒–—−", "-"))


@dataclass(frozen=True, slots=True)
class Fact:
    """A quotation that stands in *field* ("text" or "title") of a material at *span*; *speaker* is a span there too."""

    id: str
    material_id: str
    field: str
    span: Span
    quote: str
    kind: str
    speaker: Span | None = None
    speaker_name: str | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        return (self.span,) if self.speaker is None else (self.span, self.speaker)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A quotation that was not believed, and why."""

    quote: str
    why: str


def grounded(digest: Digest, material: Material, *, first: int = 1) -> tuple[tuple[Fact, ...], tuple[Dropped, ...]]:
    """The facts of *digest* that *material* really states, numbered from *first*, and those dropped with the reason."""
    facts: list[Fact] = []
    dropped: list[Dropped] = []
    for quoted in digest.facts:
        found = _fact(quoted, material, f"f{first + len(facts)}")
        if isinstance(found, Dropped):
            dropped.append(found)
        elif any(_within(found, other) for other in facts):
            dropped.append(Dropped(quoted.quote, "it is quoted twice"))
        elif len(facts) == MOST:
            dropped.append(Dropped(quoted.quote, f"there are {MOST} facts already"))
        else:
            facts.append(found)
    return tuple(facts), tuple(dropped)


def evidence(facts: Sequence[Fact], material: Material) -> str:
    """The words of *material* that *facts* stand on."""
    return "\n".join(field_text(material, fact.field)[start:end] for fact in facts for start, end in fact.spans)


def _within(fact: Fact, other: Fact) -> bool:
    return fact.field == other.field and other.span[0] <= fact.span[0] and fact.span[1] <= other.span[1]


def _fact(quoted: Quoted, material: Material, name: str) -> Fact | Dropped:
    if len(quoted.quote.strip()) < SHORTEST:
        return Dropped(quoted.quote, f"it has less than {SHORTEST} characters")
    for field in ("text", "title"):
        source = field_text(material, field)[:LONGEST_DOCUMENT]
        span = find(quoted.quote, source)
        if span is None:
            continue
        said = source[slice(*span)]
        if why := _unusable(said, material):
            return Dropped(quoted.quote, why)
        speaker = find(quoted.speaker, source) if quoted.speaker and len(quoted.speaker.strip()) > 1 else None
        if speaker is not None and not is_safe(source[slice(*speaker)], material):
            speaker = None
        who = source[slice(*speaker)] if speaker else None
        return Fact(name, material.id, field, span, said, quoted.kind, speaker, who)
    return Dropped(quoted.quote, "the document does not say it")


def _unusable(said: str, material: Material) -> str | None:
    """Why words that the document does hold are no fact; the owner's own text may say anything."""
    if material.kind is MaterialKind.TEXT:
        return None
    if not is_safe(said, material):
        return "it gives orders, an address, a handle or a foreign link"
    if ADVERT.search(said):
        return "it sells something"
    return None


def find(quote: str, source: str) -> Span | None:
    """Where *source* says *quote*: exactly, else but for quotation marks, dashes, spaces and the size of letters.

    Only between whole words; the first place where there are several.
    """
    quote = unicodedata.normalize("NFC", quote).strip()
    exact = _whole(source, quote)
    if exact is not None:
        return exact
    letters, places = _loose(source)
    wanted = _loose(quote)[0].strip()
    for tried in dict.fromkeys((wanted, wanted.strip(" .…"), wanted.strip(" \"'.…"))):
        found = _whole(letters, tried) if len(tried) > 1 else None
        if found:
            return places[found[0]], places[found[1] - 1] + 1
    return None


def _whole(source: str, wanted: str) -> Span | None:
    """The first place of *wanted* in *source* that cuts no word or number."""
    at = source.find(wanted) if wanted else -1
    while at >= 0:
        end = at + len(wanted)
        if not _cuts(source, at) and not _cuts(source, end):
            return at, end
        at = source.find(wanted, at + 1)
    return None


def _cuts(source: str, edge: int) -> bool:
    if not 0 < edge < len(source):
        return False
    before, after = source[edge - 1], source[edge]
    if re.search(r"\d[.,:'’]\d", source[max(0, edge - 2) : edge + 2]) and (before.isdigit() or after.isdigit()):
        return True
    spaced = not any(unicodedata.category(c) == "Lo" and unicodedata.bidirectional(c) == "L" for c in (before, after))
    return before.isalnum() and after.isalnum() and spaced


@lru_cache(maxsize=4)
def _loose(text: str) -> tuple[str, list[int]]:
    """*text* loosened for comparison, with the place in *text* of each of its characters; kept for the next quote."""
    kept = list(_loosened(text))
    return "".join(character for character, _ in kept), [at for _, at in kept]


def _loosened(text: str) -> Iterator[tuple[str, int]]:
    space = True
    for at, character in enumerate(text.translate(_ALIKE)):
        if character.isspace():
            if not space:
                yield " ", at
            space = True
        elif character != "\u00ad":
            small = character.lower()
            yield small if len(small) == 1 else character, at
            space = False
