"""From a model's answer to a draft: sentences become segments that name the spans they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.draft import Draft, Part, Segment, SegmentKind
from domain.material import Material
from generators.claims import QUOTED, unsupported
from generators.embedded.titles import site_name
from generators.model.answers import Idea, Sentence
from generators.model.facts import Fact, evidence, find
from generators.phrases import VIA
from generators.pieces import Span, field_text, fixed, link, part, site

_GAPS = {"nothing": "", "space": " ", "line": "\n", "paragraph": "\n\n"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What drafts are made from: the materials and their facts, the owner's *prompt*, and whether a post links."""

    materials: Mapping[str, Material]
    facts: Mapping[str, Fact]
    prompt: str
    linked: bool
    language: str | None


def built(idea: Idea, desk: Desk, *, name: str) -> Draft:
    """The draft that *idea* describes, with the source at its end. Whether it may go out is for others to say."""
    parts = [tuple(_segments(post.sentences, desk)) for post in idea.posts]
    used = list(dict.fromkeys(each.material_id for segments in parts for each in segments if each.material_id))
    if parts and used:
        parts[-1] = (*parts[-1], *source(desk.materials[used[0]], linked=desk.linked))
    return Draft(
        id=name,
        parts=tuple(_joined(segments) for segments in parts),
        engine="model",
        language=desk.language,
        material_ids=tuple(used),
    )


def source(material: Material, *, linked: bool) -> tuple[Segment, ...]:
    """The end of a post: its source's link, or the name of its site; nothing where there is neither."""
    if linked and material.url:
        return fixed("\n\n"), link(material)
    return (fixed("\n\n"), fixed(VIA), site(material)) if site_name(material) else ()


def _joined(segments: Sequence[Segment]) -> Part:
    return part(segments) if segments else Part("")


def _segments(sentences: Sequence[Sentence], desk: Desk) -> Iterator[Segment]:
    started = False
    for sentence in sentences:
        text = " ".join(sentence.text.split())
        if not text:
            continue
        if started:
            gap = _GAPS[sentence.before]
            unspaced = not gap and text[:1].isascii()
            yield fixed(" " if unspaced else gap)
        started = True
        yield from _sentence(text, sentence.facts, desk)


def _sentence(text: str, cited: Sequence[str], desk: Desk) -> Iterator[Segment]:
    facts = _of_one_source(text, [desk.facts[name] for name in dict.fromkeys(cited) if name in desk.facts], desk)
    if not facts:
        yield Segment(SegmentKind.CLAIM, text)
        return
    material, field = desk.materials[facts[0].material_id], facts[0].field
    spans = _merged([span for fact in facts for span in fact.spans])
    whole = _verbatim(text, material, field, spans)
    if whole:
        yield whole
        return
    at = 0
    for quotation in QUOTED.finditer(text):
        inside = _verbatim(text[quotation.start() + 1 : quotation.end() - 1], material, field, spans)
        if inside:
            yield Segment(SegmentKind.CLAIM, text[at : quotation.start() + 1], material.id, field, spans)
            yield inside
            at = quotation.end() - 1
    yield Segment(SegmentKind.CLAIM, text[at:], material.id, field, spans)


def _of_one_source(text: str, facts: Sequence[Fact], desk: Desk) -> list[Fact]:
    """Those of the cited facts that stand in one field of one material: of several, those that give most of *text*."""
    groups: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((fact.material_id, fact.field), []).append(fact)

    def missing(group: list[Fact]) -> int:
        words = evidence(group, desk.materials[group[0].material_id])
        return len(unsupported(text, words, owner=desk.prompt, language=desk.language))

    return min(groups.values(), key=missing, default=[])


def _verbatim(text: str, material: Material, field: str, spans: Sequence[Span]) -> Segment | None:
    """*text* as an extract, where it stands unchanged within one of *spans*."""
    said = field_text(material, field)
    for start, end in spans:
        found = find(text, said[start:end])
        if found and said[start + found[0] : start + found[1]] == text:
            kind = SegmentKind.EXTRACT if field == "text" else SegmentKind.TITLE
            return Segment(kind, text, material.id, field, ((start + found[0], start + found[1]),))
    return None


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """*spans* in order, those that overlap made one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def words(text: str) -> list[str]:
    """The words of *text* in small letters; of scripts without spaces, their characters."""
    return re.findall(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+", text.casefold())
