"""What is wrong with a draft that a model wrote, beyond the gate: its form, its manners, and what it dares to ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.draft import Draft, Part, Segment, SegmentKind
from domain.material import Material, MaterialKind
from domain.template import PostType
from domain.weighted_length import link_spans
from generators.brief import Brief
from generators.claims import MENTION, plain
from generators.embedded.boilerplate import INJECTION, ORDER
from generators.embedded.filters import speaks_as_first_person
from generators.embedded.sentences import split
from generators.model.answers import Idea
from generators.model.building import Desk, built, words
from generators.model.slop import slop
from generators.model.tongue import foreign
from generators.rules import without_links
from generators.verify import own_link, problems

IN_A_ROW = 12  # words of a source that may be repeated without quotation marks
IN_A_ROW_UNSPACED = 24  # characters of scripts without spaces
LONGEST_OPINION = 20  # words of a sentence that rests on no fact and asks nothing
FEWEST_PARTS, MOST_PARTS = 2, 6
ALIKE = 0.7
SHORTEST_ORDERED = 5  # letters of a word that nobody uses by chance

_CALLS = re.compile(
    r"(?:^|[.!?:…\n]\s*|\b(?:please|bitte|just|and|und)\s+)(?P<verb>click|tap|follow|subscribe|visit|buy|order|download|install|join"
    r"|sign up|register|dm|message|email|call|send|transfer|donate|deposit|claim|check out|retweet|repost|share|vote"
    r"|klick\w*|folg(?:t|en|e)|abonnier\w*|besuch\w*|kauf(?:t|en|e)?|bestell\w*|lad(?:et|en)?|überweis\w*|teil(?:t|en)"
    r"|cliquez|suivez|abonnez|visitez|achetez|téléchargez|envoyez|partagez"
    r"|haz clic|sigue|síguenos|suscríbe\w*|visita|compra|descarga|envía|comparte"
    r"|clicca|segui|iscriviti|acquista|scarica|invia|condividi|clique|siga|inscreva|compre|baixe|envie)\b",
    re.IGNORECASE,
)
_HOST = re.compile(r"\w[\w-]*(?:\.\w[\w-]*)*")
_ASKS = re.compile(r"[?？؟;]\W*$")


def failing(draft: Draft, materials: Sequence[Material], brief: Brief) -> tuple[str, ...]:
    """Everything that keeps *draft* from going out, each in words that a writer can act on; empty when nothing does."""
    used = [material for material in materials if material.id in draft.material_ids]
    found = [*_form(draft, brief), *problems(draft, materials, prompt=brief.given)]
    for at, part in enumerate(draft.parts):
        found += [f"part {at}: {problem}" for problem in _part(part, draft, used, brief.prompt or "")]
    found += [f"it names {name}, an account or address of the page" for name in planted(draft.text, materials, brief)]
    found += [
        f"it says {word!r}, which only an order in the page says" for word in ordered(draft.text, materials, brief)
    ]
    if other := foreign(without_links(draft.text), draft.language, brief.given):
        found.append(f"it is in the language {other!r}, and should be in {draft.language!r}")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Judged:
    """An idea as a draft, and what is wrong with it."""

    idea: Idea
    draft: Draft
    wrong: tuple[str, ...]


def judged(ideas: Sequence[Idea], desk: Desk, brief: Brief) -> tuple[Judged, ...]:
    """Every one of *ideas* built and checked. Pure, and slow where pages are long: called in a process of its own."""
    materials = tuple(desk.materials.values())
    drafts = [built(idea, desk, name=f"w{idea.number}") for idea in ideas]
    return tuple(
        Judged(idea, draft, failing(draft, materials, brief)) for idea, draft in zip(ideas, drafts, strict=True)
    )


def planted(text: str, materials: Sequence[Material], brief: Brief) -> tuple[str, ...]:
    """The accounts and foreign hosts of the pages that *text* names, also without an @ or a scheme.

    Not those that the owner names, that are a page's own, or whose names are ordinary words of it too.
    """
    named, ordinary = set[str](), brief.given
    for material in materials:
        if material.kind is not MaterialKind.TEXT:
            named |= _addresses("\n".join([material.title, material.text, *material.tags]), material)
            ordinary += "\n" + MENTION.sub(" ", without_links(f"{material.title}\n{material.text}"))
    said = set(_HOST.findall(text.lower())) & named
    return tuple(sorted(said - set(_HOST.findall(ordinary.lower())))) if said else ()


def ordered(text: str, materials: Sequence[Material], brief: Brief) -> tuple[str, ...]:
    """The longer words of *text* that the pages use only where they give orders to a machine: a model obeyed them."""
    given, rest = set[str](), set(words(brief.given))
    for material in materials:
        own = material.kind is MaterialKind.TEXT
        for said in (*(each.text for each in split(material.text)), material.title, *material.tags):
            (given if ORDER.search(said) and not own else rest).update(words(said))
    suspect = {word for word in given - rest if len(word) >= SHORTEST_ORDERED}
    return tuple(sorted(suspect & set(words(without_links(text)))))


def _addresses(text: str, material: Material) -> set[str]:
    accounts = {handle[1:].lower() for handle in MENTION.findall(text)}
    links = {text[start:end].lower() for start, end in link_spans(text) if not own_link(text[start:end], material)}
    hosts = {link.partition("://")[2] or link for link in links}
    return accounts | {host.partition("/")[0] for host in hosts} | {host.partition("/")[2] for host in hosts} - {""}


def alike(one: Draft, other: Draft) -> bool:
    """Whether two drafts share most of their words."""
    mine, theirs = set(words(without_links(one.text))), set(words(without_links(other.text)))
    return bool(mine or theirs) and len(mine & theirs) / len(mine | theirs) >= ALIKE


def said_before(draft: Draft, brief: Brief) -> bool:
    """Whether the account has posted the first part of *draft* already, but for links, case and spacing."""
    first = plain(without_links(draft.parts[0].text))
    return any(plain(without_links(text)) == first for text in brief.avoid)


def _form(draft: Draft, brief: Brief) -> Iterator[str]:
    parts = len(draft.parts)
    if brief.type is PostType.TWEET and parts != 1:
        yield f"it has {parts} posts, and a tweet is one"
    if brief.type is PostType.THREAD and not FEWEST_PARTS <= parts <= MOST_PARTS:
        yield f"it has {parts} posts, and a thread has {FEWEST_PARTS} to {MOST_PARTS}"
    if not draft.material_ids:
        yield "no sentence cites a fact"


def _part(part: Part, draft: Draft, used: Sequence[Material], prompt: str) -> Iterator[str]:
    said = [segment for segment in part.segments if _is_said(segment)]
    text = "".join(segment.text for segment in part.segments if segment.kind is not SegmentKind.LINK)
    own = any(material.kind is MaterialKind.TEXT for material in used)
    if phrase := slop(text):
        yield f"the stock phrase {phrase!r}"
    if not own and INJECTION.search(text):
        yield "it gives orders, or a contact"
    for call in _CALLS.finditer(text):
        if call["verb"].lower() not in prompt.lower() and not own:
            yield f"it tells the reader to {call['verb'].lower()}"
    if not own and speaks_as_first_person(text, draft.language) and not speaks_as_first_person(prompt, draft.language):
        yield "it speaks as I or we"
    yield from _uncited(said)
    if not own and (run := _repeated(said, used)):
        yield f"it repeats {run!r} without quotation marks: quote it, or say it in other words"


def _is_said(segment: Segment) -> bool:
    return segment.kind is SegmentKind.CLAIM or segment.field in ("text", "title")


def _uncited(said: Sequence[Segment]) -> Iterator[str]:
    loose = [segment for segment in said if segment.material_id is None]
    if len(loose) > 1:
        yield "more than one sentence cites no fact"
    for segment in loose:
        if not _ASKS.search(segment.text) and len(words(segment.text)) > LONGEST_OPINION:
            yield f"{segment.text!r} cites no fact, and is neither a question nor a short opinion"


def _repeated(said: Sequence[Segment], used: Sequence[Material]) -> str | None:
    """Words of a source that stand in a row outside quotation marks, where they are too many."""
    for at, segment in enumerate(said):
        if segment.kind is not SegmentKind.CLAIM and at > 0 and said[at - 1].text[-1:] in "“„«»\"「『‹›‚‘'":
            continue
        mine = words(segment.text)
        most = IN_A_ROW_UNSPACED if mine and sum(map(len, mine)) <= 1.5 * len(mine) else IN_A_ROW
        for material in used:
            theirs = "\0".join(["", *words(f"{material.title}\n{material.text}"), ""])
            for start in range(len(mine) - most):
                run = mine[start : start + most + 1]
                if "\0".join(["", *run, ""]) in theirs:
                    return " ".join(run)
    return None
