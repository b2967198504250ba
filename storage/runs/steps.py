"""What a worker records about the run it holds. Every write presents the hold; one that is void writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, delete, or_, select, update

from domain.draft import Draft
from domain.event import NewEvent
from domain.material import Material
from domain.publication import Post, PostStatus
from domain.reasons import Reason
from domain.run import Hold, Rejected, RunStatus
from domain.template import ApproveDefault
from storage import codec
from storage import events as outbox
from storage.fencing import fence, fenced
from storage.posts import PICTURES
from storage.row_values import Row
from storage.runs.rows import CHOSEN, REJECTED
from storage.runs.standing import by_the_planner
from storage.statements import Prepared, Statement, Write, insert_into, insert_or_nothing, insert_or_replace, parameters
from storage.tables import busy_index, constant, drafts, item_uses, materials, posts, runs, templates

Items = Literal["used", "released", "spent", "kept"]

_FREE = {"lease_owner": None, "leased_until": None}
_GATHERED = fenced(gathered_at=..., rejected=...)
_DRAFTED = fenced(drafted_at=...)
_CHOSEN = fenced(chosen_at=..., chosen=..., choice_reason=...)
_HELD = fenced(status=RunStatus.HELD.value, held_at=..., decide_by=..., undecided=..., not_before=None, **_FREE)
_RELEASED = fenced(status=..., not_before=..., detail=..., **_FREE)
_FINISHED = fenced(status=..., reason=..., detail=..., finished_at=..., not_before=None, **_FREE)

_MATERIAL = Prepared(insert_into(materials, "run_id", "id", "position", "document"), at_once=True)
_RESERVE = Prepared(insert_into(item_uses, "template_id", "item_id", "run_id", "status", "at"), at_once=True)
_EXPIRE = Prepared(insert_or_nothing(item_uses, "template_id", "item_id", "run_id", "status", "at"))
_DRAFT = Prepared(
    insert_or_replace(
        drafts, "run_id", "id", "position", "document", key=("run_id", "id", "owner_id"), change=("document",)
    ),
    at_once=True,
)
_POST = Prepared(
    insert_into(
        posts,
        *("id", "run_id", "template_id", "account", "grp", "part"),
        *("text", "status", "draft_id", "created_at", "tweet_id", "published_at", "error", "pictures"),
    ),
    at_once=True,
)
_MINE = (item_uses.c.run_id == bindparam("run"), item_uses.c.status == "reserved")
_MARK = Prepared(update(item_uses).where(*_MINE).values(parameters(item_uses, "status", "at")), at_once=True)
_GIVE_BACK = Prepared(delete(item_uses).where(*_MINE))
_UNSENT = [constant(status) for status in (PostStatus.GENERATED, PostStatus.AWAITING_APPROVAL)]
_AWAIT = Prepared(
    update(posts)
    .where(posts.c.run_id == bindparam("run"), posts.c.status == constant(PostStatus.GENERATED))
    .values(status=constant(PostStatus.AWAITING_APPROVAL))
)
_DISCARD = Prepared(
    update(posts)
    .where(posts.c.run_id == bindparam("run"), posts.c.status.in_(_UNSENT))
    .values(status=constant(PostStatus.DISCARDED))
)
_LAST_RUN = Prepared(
    update(templates)
    .where(templates.c.id == runs.c.template_id, runs.c.id == bindparam("run"))
    .values(last_run_at=bindparam("at", type_=templates.c.last_run_at.type)),
    at_once=True,
)
_later = runs.alias("later")
_FOLLOWING = (
    select(_later.c.id)
    .where(
        _later.c.template_id == select(runs.c.template_id).where(runs.c.id == bindparam("run")).scalar_subquery(),
        busy_index(_later),
        _later.c.status == constant(RunStatus.QUEUED),
    )
    .order_by(_later.c.due_at, _later.c.id)
    .limit(1)
)
_AT = bindparam("at", type_=runs.c.not_before.type)
_KEEP_APART = Prepared(
    update(runs)
    .where(
        runs.c.id == _FOLLOWING.scalar_subquery(),
        by_the_planner(),
        runs.c.due_at < _AT,
        or_(runs.c.not_before.is_(None), runs.c.not_before < _AT),
    )
    .values(not_before=_AT)
)


def record_gather(
    hold: Hold,
    material: Sequence[Material],
    rejected: Sequence[Rejected],
    *,
    item_ids: Sequence[int],
    expired_ids: Sequence[int] = (),
    template_id: str,
    now: datetime,
) -> Write:
    """Record what was gathered, reserve the feed items it came from, and set those aside that have expired.

    Conflict when an item is taken already.
    """
    done = {"gathered_at": now, "rejected": codec.dump(REJECTED, tuple(rejected))}
    reserved = [
        {"template_id": template_id, "item_id": item_id, "run_id": hold.run_id, "status": "reserved", "at": now}
        for item_id in item_ids
    ]
    rows = [
        {"run_id": hold.run_id, "id": piece.id, "position": position, "document": codec.dump(Material, piece)}
        for position, piece in enumerate(material)
    ]
    expired = [
        {"template_id": template_id, "item_id": item_id, "run_id": hold.run_id, "status": "expired", "at": now}
        for item_id in expired_ids
    ]
    aside = (Statement(_EXPIRE, expired),) if expired else ()
    taken = (Statement(_MATERIAL, rows), Statement(_RESERVE, reserved))
    return Write((fence(_GATHERED, hold, done), *taken, *aside), hold)


def record_drafts(hold: Hold, written: Sequence[Draft], *, now: datetime) -> Write:
    """Record the drafts as they stand: as written, and again as scored or refined. None is an answer too."""
    return Write((fence(_DRAFTED, hold, {"drafted_at": now}), Statement(_DRAFT, _draft_rows(hold, written))), hold)


def record_choice(
    hold: Hold,
    scored: Sequence[Draft],
    chosen_ids: Sequence[str],
    reason: str,
    made: Sequence[Post],
    *,
    now: datetime,
) -> Write:
    """Record the drafts with their scores, refined ones too, which were chosen and why, and the posts made of them."""
    done = {"chosen_at": now, "chosen": codec.dump(CHOSEN, tuple(chosen_ids)), "choice_reason": reason}
    return Write(
        (
            fence(_CHOSEN, hold, done),
            Statement(_DRAFT, _draft_rows(hold, scored)),
            Statement(_POST, [_post_row(post) for post in made]),
        ),
        hold,
    )


def record_held(
    hold: Hold,
    events: Sequence[NewEvent],
    *,
    within: timedelta | None = None,
    undecided: ApproveDefault = ApproveDefault.DROP,
    now: datetime,
) -> Write:
    """Lay the run and its posts before a person: it is nobody's until a verdict is given.

    *within* is how long it waits for one, None for ever, and *undecided* what becomes of it then. Both are kept with
    the run, since that person is told them: a later change of its template does not change them.
    """
    waiting = Statement(_AWAIT, [{"run": hold.run_id}])
    told = {"held_at": now, "decide_by": now + within if within else None, "undecided": undecided.value}
    return Write((fence(_HELD, hold, told), waiting, *outbox.statements(events)), hold)


def release(
    hold: Hold,
    *,
    not_before: datetime | None,
    now: datetime,  # noqa: ARG001 - every write of a run takes it; this one dates nothing
    status: RunStatus = RunStatus.QUEUED,
    detail: str | None = None,
    events: Sequence[NewEvent] = (),
) -> Write:
    """Give the run back, to be worked on from *not_before*; or with UNKNOWN, to wait for a finding or a person.

    *detail* says what its whole account waits for; a run that waits for itself alone has none.
    """
    values = {"status": status.value, "not_before": not_before, "detail": detail}
    return Write((fence(_RELEASED, hold, values), *outbox.statements(events)), hold)


def finish(
    hold: Hold,
    *,
    status: RunStatus,
    reason: Reason | None,
    detail: str | None,
    events: Sequence[NewEvent],
    items: Items,
    now: datetime,
    closing: Sequence[Statement] = (),
    spread_gap: timedelta | None = None,
) -> Write:
    """Record the run's end, its events, and what becomes of the feed items that it had reserved.

    Posts that were never sent are discarded. *items* "used": they were posted; "spent": nothing went out and they are
    not tried again; "released": the next run may take them; "kept": they stay reserved. *closing* settles what it has
    reserved of a budget. With *spread_gap* the template's next run that waits may begin so long after *now*: slots that
    are made up come one gap after the other, also when nobody was there at the time when they were due. What a person
    asked for is not held up.
    """
    end = {"status": status.value, "reason": reason.value if reason else None, "detail": detail, "finished_at": now}
    ran = Statement(_LAST_RUN, [{"run": hold.run_id, "at": now}])
    unsent = () if status is RunStatus.POSTED else (Statement(_DISCARD, [{"run": hold.run_id}]),)
    apart = (Statement(_KEEP_APART, [{"run": hold.run_id, "at": now + spread_gap}]),) if spread_gap else ()
    kept = (*unsent, *_items(hold, items, now), *closing, ran, *apart)
    return Write((fence(_FINISHED, hold, end), *kept, *outbox.statements(events)), hold)


def _items(hold: Hold, items: Items, now: datetime) -> tuple[Statement, ...]:
    if items == "kept":
        return ()
    if items == "released":
        return (Statement(_GIVE_BACK, [{"run": hold.run_id}]),)
    return (Statement(_MARK, [{"run": hold.run_id, "status": items, "at": now}]),)


def _draft_rows(hold: Hold, written: Sequence[Draft]) -> list[Row]:
    return [
        {"run_id": hold.run_id, "id": draft.id, "position": position, "document": codec.dump(Draft, draft)}
        for position, draft in enumerate(written)
    ]


def _post_row(post: Post) -> Row:
    return {
        "id": post.id,
        "run_id": post.run_id,
        "template_id": post.template_id,
        "account": post.account,
        "grp": post.group,
        "part": post.part,
        "text": post.text,
        "status": post.status.value,
        "draft_id": post.draft_id,
        "created_at": post.created_at,
        "tweet_id": post.tweet_id,
        "published_at": post.published_at,
        "error": post.error,
        "pictures": codec.dump(PICTURES, post.pictures) if post.pictures else None,
    }
