"""The gate: no draft leaves a writer unless every word of it is a source's, or one of the writer's fixed words.

Always on, also in production. What passes can be traced: segments join to the text, spans really hold what they claim,
so numbers, names and quotations can only be the source's own. A sentence in a model's words names the spans it speaks
of, and may hold no number, name, link, handle or quotation that neither they nor the owner's prompt give.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from domain.draft import Draft, Part, Segment, SegmentKind
from domain.material import Material, MaterialKind
from domain.weighted_length import LIMIT, link_spans, weighted_length
from generators.claims import MENTION, unsupported
from generators.phrases import BRACKETS, FIXED, MARKS, QUOTES
from generators.pieces import field_text, large_first, spans_text

_NUMBER = re.compile(r"\d[.,:'’]\d")
_EMPTY_QUOTATION = re.compile(r"“\s*”|„\s*[“”]|«\s*»|\"\s*\"|「」|『』")
_QUOTING = {SegmentKind.TITLE, SegmentKind.EXTRACT, SegmentKind.TRIMMED}
_FIELDS = {
    SegmentKind.TITLE: {"title"},
    SegmentKind.EXTRACT: {"text", "site"},
    SegmentKind.TRIMMED: {"text", "title"},
    SegmentKind.CLAIM: {"text", "title"},
    SegmentKind.HASHTAG: {"tags", "title", "text"},
    SegmentKind.EMOJI: {"title", "text"},
    SegmentKind.LINK: {"url"},
}


def problems(draft: Draft, materials: Sequence[Material], *, prompt: str | None = None) -> tuple[str, ...]:
    """What is wrong with *draft*, each in words; empty when it may go out. *prompt* is the owner's."""
    known = {material.id: material for material in materials}
    found = [] if draft.parts else ["the draft has no parts"]
    for at, part in enumerate(draft.parts):
        found += [f"part {at}: {problem}" for problem in _part_problems(part, draft, known, prompt or "")]
    return tuple(found)


def _part_problems(part: Part, draft: Draft, known: dict[str, Material], owner: str) -> Iterator[str]:
    if not part.text.strip():
        yield "it is empty"
    if "".join(segment.text for segment in part.segments) != part.text:
        yield "its segments do not join to its text"
    if weighted_length(part.text) > LIMIT:
        yield f"it has {weighted_length(part.text)} weighted characters of {LIMIT}"
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in part.text):
        yield "it holds a control character"
    for segment in part.segments:
        if segment.kind is SegmentKind.CLAIM:
            yield from _claim_problems(segment, draft, known, owner)
        else:
            yield from _segment_problems(segment, draft, known)
    if any(segment.kind is SegmentKind.CLAIM for segment in part.segments) and _EMPTY_QUOTATION.search(part.text):
        yield "it quotes nothing"
    if not _marks_enclose(part):
        yield "its quotation marks do not enclose one quotation with its source"
    yield from _outside(part, known, owner)


def _claim_problems(segment: Segment, draft: Draft, known: dict[str, Material], owner: str) -> Iterator[str]:
    """What a sentence in a model's words says that its spans do not; without spans it may say nothing of the kind."""
    material = known.get(segment.material_id or "")
    if material is None:
        if segment.material_id or segment.spans:
            yield f"{segment.text!r} names no material"
            return
    elif segment.field not in _FIELDS[segment.kind] or not segment.spans or not _in_order(segment, material):
        yield f"{segment.text!r} names no span of its source"
        return
    source = field_text(material, segment.field) if material else ""
    evidence = "\n".join(source[start:end] for start, end in segment.spans)
    for problem in unsupported(segment.text, evidence, owner=owner, language=draft.language):
        yield f"{segment.text!r}: {problem}"


def _marks_enclose(part: Part) -> bool:
    """Whether the writer's own quotation marks stand only as in: “what was said” (the site)."""
    texts = [segment.text if segment.kind is SegmentKind.TEMPLATE else segment.kind.value for segment in part.segments]
    if not MARKS & set(texts):
        return True
    begins = len(texts) > 5 and (texts[0], texts[2]) in QUOTES.values() and part.segments[1].kind in _QUOTING
    named = begins and (texts[3], texts[5]) == BRACKETS and part.segments[4].field == "site"
    return named and not MARKS & set(texts[6:])


def _segment_problems(segment: Segment, draft: Draft, known: dict[str, Material]) -> Iterator[str]:
    if segment.kind is SegmentKind.TEMPLATE:
        if segment.text not in FIXED:
            yield f"{segment.text!r} is not one of the writer's fixed words"
        return
    material = known.get(segment.material_id or "")
    if material is None:
        yield f"{segment.text!r} names no material"
        return
    if segment.field not in _FIELDS[segment.kind] or not segment.spans:
        yield f"{segment.text!r} names no source of its kind"
        return
    if not _in_order(segment, material):
        yield f"the spans of {segment.text!r} are not in order within their source"
    elif not _holds(segment, material, draft.language):
        yield f"{segment.text!r} is not what its source says"
    elif segment.kind in _QUOTING and _cuts_word(segment, material):
        yield f"{segment.text!r} begins or ends inside a word of its source"
    elif segment.kind in _QUOTING and _glues(segment, material):
        yield f"{segment.text!r} makes one word of two"


def _in_order(segment: Segment, material: Material) -> bool:
    at, size = 0, len(field_text(material, segment.field))
    for start, end in segment.spans:
        if not at <= start < end <= size:
            return False
        at = end
    return True


def _holds(segment: Segment, material: Material, language: str | None) -> bool:
    said = spans_text(material, segment.field, segment.spans)
    match segment.kind:
        case SegmentKind.HASHTAG:
            return segment.text == hashtag(said)
        case SegmentKind.EMOJI:
            from generators.embedded.emojis import means

            return means(segment.text, said, language)
        case SegmentKind.TRIMMED:
            return segment.text in (said, large_first(said))
        case _:
            return segment.text == said and (segment.kind is not SegmentKind.EXTRACT or len(segment.spans) == 1)


def hashtag(words: str) -> str:
    """*words* as a hashtag: joined, each with a large first letter."""
    pieces = re.findall(r"\w+", words)
    return "#" + "".join(pieces if len(pieces) == 1 else [large_first(piece) for piece in pieces])


def _cuts_word(segment: Segment, material: Material) -> bool:
    source = field_text(material, segment.field)
    edges = [edge for span in segment.spans for edge in span]
    return any(0 < edge < len(source) and _inside(source, edge) for edge in edges)


def _glues(segment: Segment, material: Material) -> bool:
    """Whether leaving something out joined two words or numbers that were apart."""
    source = field_text(material, segment.field)
    seams = zip(segment.spans, segment.spans[1:], strict=False)
    return any(_inside(source[:end] + source[start:], end) for (_, end), (start, _) in seams)


def _inside(source: str, edge: int) -> bool:
    """Whether *edge* lies inside a word or a number, such as 48,000 or 3.5."""
    around = source[max(0, edge - 2) : edge + 2]
    number = bool(_NUMBER.search(around)) and (source[edge - 1].isdigit() or source[edge].isdigit())
    return number or _joined(source[edge - 1], source[edge])


def _joined(before: str, after: str) -> bool:
    """Whether two neighbouring characters belong to one word; scripts without spaces have no such edges."""
    return before.isalnum() and after.isalnum() and not (_unspaced(before) or _unspaced(after))


def _unspaced(character: str) -> bool:
    return unicodedata.category(character) == "Lo" and unicodedata.bidirectional(character) == "L"


def _outside(part: Part, known: dict[str, Material], owner: str) -> Iterator[str]:
    """Links and handles that neither the owner nor the source's own address gave."""
    used = [known[segment.material_id] for segment in part.segments if segment.material_id in known]
    written = any(segment.kind is SegmentKind.CLAIM for segment in part.segments)
    own_words = [material.text for material in used if material.kind is MaterialKind.TEXT]
    if own_words and not written:
        return
    given = "\n".join([owner, *own_words])
    if set(MENTION.findall(part.text)) - set(MENTION.findall(given)):
        yield "it mentions somebody"
    allowed = {given[start:end] for start, end in link_spans(given)}
    for start, end in link_spans(part.text):
        target = part.text[start:end]
        if target not in allowed and not any(own_link(target, material) for material in used):
            yield f"it links to {target}"


def own_link(target: str, material: Material) -> bool:
    """Whether *target* is the material's own address, as far as X makes a link of it, or the name of its own host."""
    if "://" in target and (material.url or "").startswith(target):
        return True
    host = (urlsplit(material.url or "").hostname or "").removeprefix("www.")
    return bool(host) and target.lower().removeprefix("www.") == host
