"""The ledger of publications: the intention before the send, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, or_, select, update

from domain.errors import NotFound
from domain.event import NewEvent
from domain.picture import Attachment
from domain.publication import Outcome, PostStatus, Publication, Settlement
from domain.run import Hold
from domain.template import TemplateStatus
from storage import codec
from storage import events as outbox
from storage.accounts import spellings
from storage.fencing import HELD_AND_WANTED, HELD_STILL, fence
from storage.row_values import Row
from storage.statements import Prepared, Statement, Write, insert_into
from storage.tables import constant, posts, publications, runs, templates

UNKNOWN = constant(Outcome.UNKNOWN)
_OPEN = or_(publications.c.outcome.is_(None), publications.c.outcome == UNKNOWN)

_INTEND = Prepared(
    insert_into(
        publications,
        *("id", "run_id", "template_id", "account", "grp", "part", "attempt", "idempotency_key", "text", "reply_to"),
        *("intended_at", "made_with_ai", "picture"),
    ),
    at_once=True,
)
_NOT_SENT = Prepared(
    insert_into(
        publications,
        *("id", "run_id", "template_id", "account", "grp", "part", "attempt", "idempotency_key", "text", "reply_to"),
        *("intended_at", "made_with_ai", "picture", "outcome", "reason", "settled_at", "settled_by"),
    )
)
_SENDING = Prepared(
    update(posts)
    .where(posts.c.run_id == bindparam("run"), posts.c.grp == bindparam("group"), posts.c.part == bindparam("part_"))
    .values(status=constant(PostStatus.PUBLISHING)),
    refusal="there is no post for this part; record the choice first",
    at_once=True,
)
# What is settled stays settled: only an open or unknown publication takes an outcome.
_SETTLE = Prepared(
    update(publications)
    .where(publications.c.id == bindparam("publication"), _OPEN)
    .values(
        {
            name: bindparam(name, type_=publications.c[name].type)
            for name in (
                *("outcome", "tweet_id", "reason", "status_url"),
                *("asks", "next_ask_at", "settled_at", "settled_by"),
            )
        }
    ),
    refusal="the publication is settled already",
    at_once=True,
)
_SETTLE_KEEPING_ASKS = Prepared(
    update(publications)
    .where(publications.c.id == bindparam("publication"), _OPEN)
    .values(
        {
            name: bindparam(name, type_=publications.c[name].type)
            for name in ("outcome", "tweet_id", "reason", "status_url", "next_ask_at", "settled_at", "settled_by")
        }
    ),
    refusal="the publication is settled already",
    at_once=True,
)
_POST = Prepared(
    update(posts)
    .where(
        posts.c.run_id
        == select(publications.c.run_id).where(publications.c.id == bindparam("publication")).scalar_subquery(),
        posts.c.grp == bindparam("group"),
        posts.c.part == bindparam("part_"),
    )
    .values(
        {name: bindparam(name, type_=posts.c[name].type) for name in ("status", "tweet_id", "published_at", "error")}
    ),
    refusal="there is no post for this part",
    at_once=True,
)


def intend(hold: Hold, publication: Publication, reserve: Sequence[Statement] = ()) -> Write:
    """Give the write of the intention to send. Nothing may be sent before it is on disk.

    A part that may be out already is refused by the unique index: Conflict. A post of a template that was deleted or
    paused is refused as LeaseLost; a thread that has begun is not. *reserve* takes what it may cost out of the budgets;
    when that does not fit, nothing is intended: OverBudget.
    """
    row = _row(publication)
    post = {"run": publication.run_id, "group": publication.group, "part_": publication.part}
    wanted = fence(HELD_STILL if publication.part else HELD_AND_WANTED, hold)
    intended = (Statement(_INTEND, [row], 1), Statement(_SENDING, [post], 1))
    return Write((wanted, *reserve, *intended), held_by=hold)


def not_sent(
    hold: Hold, publication: Publication, settlement: Settlement, *, now: datetime, post_status: PostStatus
) -> Write:
    """Give the write of an attempt that ended before anything could be sent: it is there, and settled, at once.

    *settlement* is DEFERRED or REFUSED. Fenced as `intend` is.
    """
    known = {"outcome": settlement.outcome.value, "reason": settlement.reason}
    row = {**_row(publication), **known, "settled_at": now, "settled_by": settlement.found_by}
    post = {
        "publication": publication.id,
        "group": publication.group,
        "part_": publication.part,
        "status": post_status.value,
        "tweet_id": None,
        "published_at": None,
        "error": settlement.detail or settlement.reason,
    }
    wanted = fence(HELD_STILL if publication.part else HELD_AND_WANTED, hold)
    return Write((wanted, Statement(_NOT_SENT, [row], 1), Statement(_POST, [post], 1)), held_by=hold)


def settle(
    hold: Hold | None,
    publication_id: str,
    settlement: Settlement,
    *,
    group: int,
    part: int,
    now: datetime,
    asks: int | None = None,
    next_ask_at: datetime | None = None,
    post_status: PostStatus,
    events: Sequence[NewEvent] = (),
    payment: Sequence[Statement] = (),
) -> Write:
    """Give the write of what became of a publication, of its post, of its *payment* and of the events that tell it.

    *asks* None keeps the count. Conflict when it is settled already, or when its tweet id settles another one.
    """
    settled = settlement.outcome is not Outcome.UNKNOWN
    confirmed = settlement.outcome is Outcome.CONFIRMED
    row = {
        "publication": publication_id,
        "outcome": settlement.outcome.value,
        "tweet_id": settlement.tweet_id if confirmed else None,
        "reason": settlement.reason,
        "status_url": settlement.status_url,
        "next_ask_at": next_ask_at,
        "settled_at": now if settled else None,
        "settled_by": settlement.found_by if settled else None,
    }
    post = {
        "publication": publication_id,
        "group": group,
        "part_": part,
        "status": post_status.value,
        "tweet_id": row["tweet_id"],
        "published_at": now if confirmed else None,
        "error": None if confirmed else settlement.detail or settlement.reason,
    }
    change = (
        Statement(_SETTLE_KEEPING_ASKS, [row], 1) if asks is None else Statement(_SETTLE, [{**row, "asks": asks}], 1)
    )
    fenced = (fence(HELD_STILL, hold),) if hold is not None else ()
    return Write((*fenced, change, Statement(_POST, [post], 1), *payment, *outbox.statements(events)), held_by=hold)


def get(c: Connection, publication_id: str) -> Publication:
    """Give one publication. Raises NotFound."""
    row = c.execute(select(publications).where(publications.c.id == publication_id)).mappings().first()
    if row is None:
        raise NotFound("publication", publication_id)
    return _publication(row)


def of_run(c: Connection, run_id: str) -> list[Publication]:
    """Give all attempts of a run, by group, part and attempt."""
    return of_runs(c, [run_id]).get(run_id, [])


def of_runs(c: Connection, run_ids: Collection[str]) -> dict[str, list[Publication]]:
    """Give all attempts of these runs, each by group, part and attempt."""
    query = (
        select(publications)
        .where(publications.c.run_id.in_(list(run_ids)))
        .order_by(publications.c.run_id, publications.c.grp, publications.c.part, publications.c.attempt)
    )
    found: dict[str, list[Publication]] = {}
    for row in c.execute(query).mappings():
        found.setdefault(row["run_id"], []).append(_publication(row))
    return found


def settled_tweet_ids(c: Connection, account: str) -> set[str]:
    """Give the tweet ids of *account*, in whatever case it is written, that settle a publication already."""
    query = select(publications.c.tweet_id).where(
        publications.c.account.in_(spellings(c, account)), publications.c.outcome == constant(Outcome.CONFIRMED)
    )
    return set(c.execute(query).scalars())


def is_wanted(c: Connection, publication: Publication) -> bool:
    """Tell whether a part should still go out: the first of a deleted template's thread, or its only one, should not.

    What has begun is finished, so a later part should.
    """
    if publication.part > 0:
        return True
    deleted = templates.c.status == constant(TemplateStatus.DELETED)
    of_run = (runs.c.id == publication.run_id, deleted)
    whose = (templates.c.id == runs.c.template_id) & (templates.c.owner_id == runs.c.owner_id)
    return c.execute(select(runs.c.id).join(templates, whose).where(*of_run)).first() is None


def settled_by_tweet(c: Connection, tweet_id: str) -> str | None:
    """Give the id of the publication that *tweet_id* settles; None when it settles none."""
    return c.execute(select(publications.c.id).where(publications.c.tweet_id == tweet_id)).scalar()


def _row(publication: Publication) -> Row:
    return {
        "id": publication.id,
        "run_id": publication.run_id,
        "template_id": publication.template_id,
        "account": publication.account,
        "grp": publication.group,
        "part": publication.part,
        "attempt": publication.attempt,
        "idempotency_key": publication.idempotency_key,
        "text": publication.text,
        "reply_to": publication.reply_to,
        "intended_at": publication.intended_at,
        "made_with_ai": int(publication.made_with_ai),
        "picture": codec.dump(Attachment, publication.picture) if publication.picture else None,
    }


def _publication(row: RowMapping) -> Publication:
    return Publication(
        id=row["id"],
        run_id=row["run_id"],
        template_id=row["template_id"],
        account=row["account"],
        group=row["grp"],
        part=row["part"],
        attempt=row["attempt"],
        idempotency_key=row["idempotency_key"],
        text=row["text"],
        reply_to=row["reply_to"],
        intended_at=row["intended_at"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        tweet_id=row["tweet_id"],
        reason=row["reason"],
        status_url=row["status_url"],
        asks=row["asks"],
        next_ask_at=row["next_ask_at"],
        settled_at=row["settled_at"],
        settled_by=row["settled_by"],
        made_with_ai=bool(row["made_with_ai"]),
        picture=codec.load(Attachment, row["picture"]) if row["picture"] else None,
    )
