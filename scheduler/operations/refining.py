"""Rewriting one post that is not out, as its owner asks: the new words replace the old under the same id."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy import Connection

from domain.draft import Draft, Part
from domain.errors import Conflict, NotFound, WriterError
from domain.event import NewEvent
from domain.material import Material
from domain.picture import Picture
from domain.publication import PostStatus
from domain.question import revision_of
from domain.run import FINAL, Facts, RunStatus
from domain.template import PostType, Template
from domain.template_document.reading import PROMPT_LIMIT
from domain.weighted_length import LIMIT, weighted_length
from generators.embedded.hints import Hint, Wishes, read_hints
from generators.repetition import Earlier
from generators.score import local_score
from scheduler import approvals
from scheduler.editor import Editor, rank
from scheduler.events import Events
from storage import events, post_pages, posts, runs, templates
from storage.database import Database
from storage.post_pages import Paged
from storage.writer import Writer

log = structlog.get_logger(__name__)

# What has not been sent and will not be sent as it stands: a worker holds none of these.
REWRITABLE = (PostStatus.AWAITING_APPROVAL, PostStatus.DISCARDED, PostStatus.FAILED)
LENGTHS = (Hint.SHORT, Hint.LONG)
SETTLED = (RunStatus.HELD, *sorted(FINAL - {RunStatus.POSTED}))


class NotRewritten(WriterError):
    """The writer had no other words for it. The post is as it was."""


class Redraw(Protocol):
    """Draws anew what a post's pictures were drawn of, for other words. Raises TimeoutError and MemoryError."""

    def __call__(
        self, pictures: Sequence[Picture], material: Sequence[Material], text: str, run_id: str, *, owner: str
    ) -> Awaitable[tuple[Picture, ...]]: ...


@dataclass(frozen=True, slots=True)
class _Work:
    paged: Paged
    facts: Facts
    template: Template

    @property
    def draft(self) -> Draft:
        """The draft that the post is a part of."""
        return (self.facts.chosen or ())[self.paged.post.group]

    @property
    def material(self) -> tuple[Material, ...]:
        """What the draft was written from, or else everything that the run gathered."""
        gathered = self.facts.material or ()
        return tuple(each for each in gathered if each.id in self.draft.material_ids) or gathered


async def refine(
    database: Database,
    writer: Writer,
    post_id: str,
    instruction: str,
    *,
    editor: Editor,
    has_model: bool,
    owner_id: str,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
    redraw: Redraw | None = None,
) -> Paged:
    """Have the post written anew after *instruction*, and give it as it stands then. Its id and its date stay.

    Of a thread only this part changes, and it does not repeat the others. Its charts are drawn for the new words;
    where that fails, and without *redraw*, they stay. Of a run that waits for a person `run.held` is told again, with
    the new words and their revision; its deadline stays. Raises NotFound, Conflict when it is out, on its way or
    deleted, and NotRewritten when no other words were found: nothing is changed then.
    """
    work = await asyncio.to_thread(_read, database, post_id, owner_id)
    written = await _written(work, instruction, editor, has_model)
    pictures = await _redrawn(work, written.parts[0], redraw)
    return await writer.call(lambda c: _keep(c, work, written, pictures, owner_id, now=clock(), new_id=new_id))


def check(connection: Connection, post_id: str, *, owner_id: str) -> None:
    """Make sure that a post can be written anew as it stands. Raises NotFound and Conflict."""
    _work(connection, post_id, owner_id)


def _read(database: Database, post_id: str, owner_id: str) -> _Work:
    with database.read() as connection:
        return _work(connection, post_id, owner_id)


def _work(connection: Connection, post_id: str, owner_id: str) -> _Work:
    paged = post_pages.one(connection, post_id, owner_id=owner_id)
    if paged is None:
        raise NotFound("post", post_id, "`ostinato post list` shows those there are")
    facts = runs.facts(connection, paged.post.run_id)
    status = paged.post.status
    if status not in REWRITABLE or facts.run.status not in SETTLED:
        raise Conflict(f"post {post_id} is {status.value}; only one that is not out and not on its way can be refined")
    if not facts.material or not facts.chosen or paged.post.group >= len(facts.chosen):
        raise Conflict(f"what post {post_id} was written from is not kept any more; make a new one")
    return _Work(paged, facts, templates.get(connection, paged.post.template_id, owner=owner_id).template)


async def _written(work: _Work, instruction: str, editor: Editor, has_model: bool) -> Draft:
    """Have drafts of this one post written, and give the best that differs from it and from its neighbours.

    Where it is to be shorter or longer, one that is so is better than any other. Its unmet hints are of *instruction*.
    """
    post, draft = work.paged.post, work.draft
    version = f"\n\nThis is to be a new version of this post:\n{post.text}" if has_model else ""
    wish = instruction[: PROMPT_LIMIT - len(version)] + version
    asked = replace(
        work.template,
        type=PostType.TWEET,
        count=1,
        roundup=None,
        prompt=wish,
        tweet_style=draft.tweet_style,
        link="://" in post.text,
    )
    beside = tuple(Earlier(str(at), (part.text,)) for at, part in enumerate(draft.parts) if at != post.part)
    try:
        found = await editor.compose(asked, work.facts.run, work.material)
        found = await editor.compare_with(asked, work.material, found, beside) if beside else found
    except WriterError as error:
        raise NotRewritten(f"post {post.id} could not be written anew: {error}") from error
    fitting = [each for each in found if each.repeats is None and _differs(each, post.text)]
    if not fitting:
        raise NotRewritten(f"no other words were found for post {post.id}; ask for something else")
    wishes = read_hints(instruction)
    scored = [replace(each, score=local_score(each)) for each in fitting]
    best = max(scored, key=lambda each: (_is_as_long(each, post.text, wishes), rank(each)))
    return replace(best, unmet_hints=_unmet(best, post.text, wishes, instruction))


def _is_as_long(draft: Draft, before: str, wishes: Wishes) -> bool:
    """Tell whether *draft* is shorter, or longer, than the words *before* it where that is wished."""
    new, old = (weighted_length(text) for text in (draft.parts[0].text, before))
    if wishes.wants(Hint.SHORT):
        return new < old
    return new > old if wishes.wants(Hint.LONG) else True


def _unmet(draft: Draft, before: str, wishes: Wishes, instruction: str) -> tuple[str, ...]:
    """Give the clauses of *instruction* that *draft* does not follow; what a model was told besides is no part of it.

    A length is meant against the words *before*, and not as the writer takes it.
    """
    of_length = [clause for hint, clause in wishes.wanted if hint in LENGTHS]
    of_more = [clause for hint, clause in wishes.wanted if hint not in LENGTHS]
    missed = [] if _is_as_long(draft, before, wishes) else of_length
    others = (each for each in draft.unmet_hints if each in instruction and (each not in of_length or each in of_more))
    return tuple(dict.fromkeys([*missed, *others]))


async def _redrawn(work: _Work, written: Part, redraw: Redraw | None) -> tuple[Picture, ...]:
    """Give the post's pictures for its new words; those of before where they cannot be drawn."""
    post = work.paged.post
    if redraw is None or not any(each.drawn for each in post.pictures):
        return post.pictures
    text = "\n\n".join(written.text if at == post.part else part.text for at, part in enumerate(work.draft.parts))
    try:
        return await redraw(post.pictures, work.material, text, post.run_id, owner=work.template.owner_id)
    except (TimeoutError, MemoryError) as error:  # the words are what was asked for
        log.warning("picture.not_drawn", post=post.id, error=str(error))
        return post.pictures


def _differs(draft: Draft, text: str) -> bool:
    new = draft.parts[0].text
    return len(draft.parts) == 1 and new.strip() != text.strip() and weighted_length(new) <= LIMIT


def _keep(
    connection: Connection,
    work: _Work,
    written: Draft,
    pictures: tuple[Picture, ...],
    owner_id: str,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Paged:
    """Keep the new words, unless somebody was faster. Raises Conflict."""
    post = work.paged.post
    found = _work(connection, post.id, owner_id)
    if found.paged.post.text != post.text:
        raise Conflict(f"post {post.id} was changed meanwhile; read it, and refine it as it is now")
    chosen = list(found.facts.chosen or ())
    revised_id = _free_id([draft.id for draft in found.facts.drafts or ()])
    revised = _revised(chosen[post.group], post.part, written, revised_id)
    chosen[post.group] = revised
    runs.revise(connection, post.run_id, [revised], chosen, while_in=SETTLED)
    if pictures != post.pictures:
        posts.illustrate(connection, post.id, pictures)
    if found.facts.run.status is RunStatus.HELD:
        events.record(connection, [_held_again(connection, found, chosen, now, new_id)])
    kept = post_pages.one(connection, post.id, owner_id=owner_id)
    assert kept is not None
    return kept


def _held_again(
    connection: Connection, work: _Work, chosen: Sequence[Draft], now: datetime, new_id: Callable[[], str]
) -> NewEvent:
    """Tell the person whom the run waits for what it says now: who was told the old words did not read these."""
    run = approvals.as_told(connection, work.facts.run, work.template)
    return Events(work.template, new_id).held(
        run,
        posts.list_posts(connection, run_id=run.id, limit=None),
        now,
        revision=revision_of(chosen),
        decide_by=run.decide_by,
        undecided=run.undecided or work.template.approve_default,
        question=work.facts.question,
    )


def _revised(draft: Draft, number: int, written: Draft, new_id: str) -> Draft:
    """Give *draft* with one other part, as a draft of its own; the old one stays beside it."""
    parts = tuple(written.parts[0] if at == number else part for at, part in enumerate(draft.parts))
    revised = replace(
        draft,
        id=new_id,
        parts=parts,
        refined_from=draft.id,
        refinements=("refined as its owner asked",),
        unmet_hints=written.unmet_hints,
        score=None,
    )
    return replace(revised, score=local_score(revised))


def _free_id(used: Sequence[str]) -> str:
    return next(name for number in range(len(used), 2 * len(used) + 1) if (name := f"d{number}") not in used)
