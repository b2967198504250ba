"""Accounts after a restore: which may post again, and what their timelines show that no publication knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, and_, delete, exists, func, literal, select, update

from domain.owner import LOCAL_OWNER
from domain.publication import Outcome, PostStatus
from domain.reasons import Reason
from domain.run import RunStatus
from domain.tweet_id import written_at
from storage import codec
from storage.accounts import spellings
from storage.statements import Prepared, insert_into, insert_or_nothing, owner_of
from storage.tables import (
    busy_index,
    constant,
    events,
    posts,
    publications,
    restored_accounts,
    runs,
    templates,
    timeline_posts,
)

# An account is the installation's, whoever posts as it: its row is kept under `local`, for all owners.
EVERY = ""  # the row of all accounts that have none of their own
TIMELINE, PERSON = "timeline", "person"  # who settles

_ROW = ("account", "owner_id", "since", "restored_at", "next_at")
_MARK = Prepared(insert_into(restored_accounts, *_ROW))
_JOIN = Prepared(insert_or_nothing(restored_accounts, *_ROW))
_KEEP = Prepared(insert_or_nothing(timeline_posts, "tweet_id", "owner_id", "account", "text", "links", "said_at"))
_LINKS = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoredAccount:
    """An account of a restored database. *next_at* is when its timeline is read next; None once it is settled."""

    account: str  # in lower case
    since: datetime
    restored_at: datetime
    next_at: datetime | None
    tries: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class TimelinePost:
    """A post that stands in an account's timeline and that no publication knows."""

    tweet_id: str
    text: str
    links: tuple[str, ...]
    said_at: datetime


class KnownTweet(NamedTuple):
    """A tweet that is out; *out_at* is by X's clock, where its id tells."""

    tweet_id: str
    out_at: datetime


def last_recorded(c: Connection) -> datetime | None:
    """Give the last moment that the database knows of; None when nothing was recorded in it yet."""
    newest = (
        select(func.max(events.c.created_at)),
        select(func.max(publications.c.intended_at)).where(publications.c.outcome == constant(Outcome.CONFIRMED)),
        select(func.max(runs.c.created_at)),
        select(func.max(templates.c.created_at)),
    )
    found = [c.execute(each).scalar() for each in newest]
    return max((each for each in found if each is not None), default=None)


def known_accounts(c: Connection) -> list[str]:
    """Give the accounts that templates post as, or did, in lower case."""
    return sorted(set(c.execute(select(func.lower(templates.c.account)).distinct()).scalars()))


def mark(c: Connection, since: Mapping[str, datetime], *, now: datetime, first_read_at: datetime) -> None:
    """Let no account post before its timeline was read back to *since*, or further where that was due already.

    *since* has each account, and EVERY for those that the database does not know.
    """
    before = {each.account: each for each in open_accounts(c)}
    c.execute(delete(restored_accounts))
    rows = [
        {
            "account": name,
            "owner_id": LOCAL_OWNER,
            "since": min(at, before[name].since) if name in before else at,
            "restored_at": now,
            "next_at": first_read_at,
        }
        for name, at in since.items()
    ]
    _MARK.run(c, rows)


def is_restored(c: Connection) -> bool:
    """Tell whether the database was ever restored since accounts are kept."""
    return c.execute(select(restored_accounts.c.account).limit(1)).first() is not None


def last_restored(c: Connection) -> datetime | None:
    """Give when the database was restored last; None when it never was since accounts are kept."""
    found: datetime | None = c.execute(select(func.max(restored_accounts.c.restored_at))).scalar()
    return found


def get(c: Connection, account: str) -> RestoredAccount | None:
    """Give how *account* stands after a restore; None where there was none. Of one not seen before it is noted."""
    name = account.lower()
    found = {each.account: each for each in _read(c, [name, EVERY])}
    if name not in found and EVERY in found:
        every = found[EVERY]
        joined = {"account": name, "owner_id": LOCAL_OWNER, "since": every.since}
        _JOIN.run(c, [{**joined, "restored_at": every.restored_at, "next_at": every.next_at}])
        return get(c, account)
    return found.get(name)


def open_accounts(c: Connection) -> list[RestoredAccount]:
    """Give the accounts that wait for their timeline, by name."""
    return [each for each in _read(c, None) if each.next_at is not None and each.account != EVERY]


def bring_back(c: Connection, now: datetime) -> None:
    """Let accounts whose restore lies ahead, by a clock that was set back since, wait from *now* as long as then."""
    ahead = [each for each in _read(c, None) if each.restored_at > now and each.next_at is not None]
    for each in ahead:
        wait = (each.next_at or each.restored_at) - each.restored_at
        again = {"restored_at": now, "next_at": now + max(wait, timedelta(0))}
        c.execute(update(restored_accounts).where(restored_accounts.c.account == each.account).values(again))


def save_failure(c: Connection, account: str, error: str, *, next_at: datetime) -> int:
    """Record that a timeline could not be read; give how often that was so. 0: somebody has settled it meanwhile."""
    row = restored_accounts.c
    failed = {"tries": row.tries + 1, "last_error": error, "next_at": next_at}
    change = update(restored_accounts).where(row.account == account.lower(), row.next_at.is_not(None)).values(failed)
    return int(c.execute(change.returning(row.tries)).scalar() or 0)


def settle(c: Connection, account: str, by: str, *, now: datetime) -> bool:
    """Let *account* post again, and at once what it put off until then; False when it did not wait."""
    row = restored_accounts.c
    change = update(restored_accounts).where(row.account == account.lower(), row.next_at.is_not(None))
    done = c.execute(change.values(next_at=None, settled_at=now, settled_by=by, last_error=None)).rowcount == 1
    if done:
        put_off = exists().where(publications.c.run_id == runs.c.id, publications.c.reason == Reason.RESTORED.value)
        waiting = (busy_index(), runs.c.status == RunStatus.QUEUED.value, runs.c.not_before > now)
        mine = func.lower(runs.c.account) == account.lower()
        c.execute(update(runs).where(*waiting, mine, put_off).values(not_before=now))
    return done


def keep(c: Connection, account: str, found: Iterable[TimelinePost]) -> int:
    """Keep what a timeline shows and no publication knows; give how many were new."""
    # Those that a run has answered are its owner's: the key would not see them.
    mine = select(timeline_posts.c.tweet_id).where(timeline_posts.c.account == account.lower())
    known = set(c.execute(mine).scalars())
    rows = [
        {
            "tweet_id": each.tweet_id,
            "owner_id": LOCAL_OWNER,
            "account": account.lower(),
            "text": each.text,
            "links": codec.dump(_LINKS, each.links),
            "said_at": each.said_at,
        }
        for each in found
        if each.tweet_id not in known
    ]
    return _KEEP.run(c, rows) if rows else 0


def posts_since(c: Connection, account: str, since: datetime) -> list[TimelinePost]:
    """Give what *account* said after *since* that only its timeline knows, the newest first."""
    mine = (timeline_posts.c.account == account.lower(), timeline_posts.c.said_at >= since)
    query = select(timeline_posts).where(*mine).order_by(timeline_posts.c.said_at.desc())
    return [_post(row) for row in c.execute(query).mappings()]


def answer(c: Connection, tweet_ids: Collection[str], run_id: str) -> None:
    """Note that *run_id* would have said again what stands in these tweets: they are its owner's from then on."""
    found = timeline_posts.c.tweet_id.in_(list(tweet_ids))
    whose = owner_of(runs, literal(run_id))
    c.execute(update(timeline_posts).where(found).values(run_id=run_id, owner_id=whose))


def has_had_its_turn(c: Connection, template_id: str) -> bool:
    """Tell whether a post of the template went out, or was refused for good."""
    settled = (PostStatus.PUBLISHED.value, PostStatus.FAILED.value, PostStatus.DELETED.value)
    mine = (posts.c.template_id == template_id, posts.c.status.in_(settled))
    return c.execute(select(posts.c.id).where(*mine).limit(1)).first() is not None


def newest_tweets(c: Connection, account: str, limit: int) -> list[KnownTweet]:
    """Give the newest tweets of *account* that are known to be out, the newest first."""
    out = (
        publications.c.account.in_(spellings(c, account)),
        publications.c.outcome == constant(Outcome.CONFIRMED),
        posts.c.status == PostStatus.PUBLISHED.value,
    )
    query = (
        select(publications.c.tweet_id, publications.c.intended_at)
        .join(posts, and_(*(posts.c[name] == publications.c[name] for name in ("run_id", "grp", "part"))))
        .where(*out)
        .order_by(publications.c.intended_at.desc())
        .limit(limit)
    )
    return [KnownTweet(row.tweet_id, written_at(row.tweet_id) or row.intended_at) for row in c.execute(query)]


def _read(c: Connection, accounts: Sequence[str] | None) -> list[RestoredAccount]:
    query = select(restored_accounts).order_by(restored_accounts.c.account)
    if accounts is not None:
        query = query.where(restored_accounts.c.account.in_(accounts))
    return [
        RestoredAccount(
            account=row["account"],
            since=row["since"],
            restored_at=row["restored_at"],
            next_at=row["next_at"],
            tries=row["tries"],
            last_error=row["last_error"],
        )
        for row in c.execute(query).mappings()
    ]


def _post(row: RowMapping) -> TimelinePost:
    links = codec.load(_LINKS, row["links"])
    return TimelinePost(row["tweet_id"], row["text"], links, row["said_at"])
