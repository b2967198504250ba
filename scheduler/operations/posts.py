"""What a person can do with posts: look at them, and decide what became of one whose outcome is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, update

from domain.budget import EntryState, post_entry_id
from domain.errors import Conflict, FieldError, InvalidInput, NotFound
from domain.event import EventType, NewEvent
from domain.publication import Outcome, Post, Publication, Settlement
from domain.reasons import Reason
from domain.run import FINAL, Run, RunStatus
from scheduler.events import Events
from scheduler.operations.prefixes import whole_id
from scheduler.run_posts import STATUS_OF, settled_post
from storage import post_pages, posts, publications, runs, spending, templates
from storage.database import Database
from storage.post_pages import Place, Wanted
from storage.statements import Statement, Write
from storage.tables import posts as posts_table
from storage.tables import publications as publications_table
from storage.tables import runs as runs_table

TWEET = re.compile(
    r"(?:https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/[A-Za-z0-9_/]+/status(?:es)?/)?([0-9]{1,20})(?:[/?#].*)?"
)
ALL = 1000  # more posts than a run can have
ANY = Wanted(owner_id=None)
UNDECIDED = (None, Outcome.UNKNOWN)
PERSON = "person"


@dataclass(frozen=True, slots=True)
class PostDetails:
    """A post with all attempts to publish it, oldest first."""

    post: Post
    template: str
    publications: tuple[Publication, ...]


def list_posts(
    database: Database,
    *,
    template: str | None = None,
    run_id: str | None = None,
    wanted: Wanted = ANY,
    behind: Place | None = None,
    limit: int = 50,
) -> list[Post]:
    """Give the posts that are *wanted*, of *template* or run alone where they are named, the newest first.

    Raises NotFound for an unknown template or run.
    """
    with database.read() as connection:
        if template is not None:
            known = templates.get(connection, template, owner=wanted.owner_id).template
            wanted = replace(wanted, template_id=known.id)
        if run_id is not None:
            run = runs.get(connection, whole_id(connection, runs_table.c.id, run_id))
            wanted = replace(wanted, run_id=run.id)
        return post_pages.listed(connection, wanted, behind=behind, limit=limit)


def details(database: Database, post_id: str) -> PostDetails:
    """Give a post by its id, or by the id of one of its publications. Raises NotFound."""
    with database.read() as connection:
        return details_of(connection, post_id)


def settle(
    database: Database,
    name: str,
    *,
    tweet: str | None,
    note: str | None,
    now: datetime,
    new_id: Callable[[], str],
) -> PostDetails:
    """Decide an unknown outcome: the post is out as *tweet* (its id or URL), or, with None, it is certainly not out.

    *name* is the id of the post or of its publication. The run goes on: a thread with its next part, or to its end.
    What a person decided before may be corrected; a run that has ended stays as it ended. Raises NotFound,
    InvalidInput, and Conflict when nothing is unknown about it or a worker holds its run.
    """
    wanted = tweet_id(tweet) if tweet is not None else None
    with database.write() as connection:
        found = details_of(connection, name)
        publication = _to_settle(found)
        run = runs.get(connection, publication.run_id)
        corrects = publication.outcome not in UNDECIDED
        if run.status not in (RunStatus.UNKNOWN, RunStatus.QUEUED) and not (corrects and run.status in FINAL):
            remedy = "let the running daemon find out first, or start it; it says so when it cannot"
            raise Conflict(f"run {run.id} is {run.status.value}; {remedy}")
        if corrects:
            _forget(connection, publication)
        settlement = _settlement(wanted, note)
        event = _event(connection, found.post, run, settlement, note, now, new_id)
        write = publications.settle(
            None,
            publication.id,
            settlement,
            group=publication.group,
            part=publication.part,
            now=now,
            post_status=STATUS_OF[settlement.outcome],
            events=[event],
            payment=_payment(publication, settlement, now),
        )
        _perform(connection, write)
        if run.status is RunStatus.UNKNOWN:
            runs.reopen(connection, run.id, now=now)
        elif run.status is RunStatus.QUEUED:
            waiting = (runs_table.c.id == run.id, runs_table.c.status == RunStatus.QUEUED.value)
            connection.execute(update(runs_table).where(*waiting).values(not_before=now))
        return details_of(connection, found.post.id)


def _to_settle(found: PostDetails) -> Publication:
    """Give the publication whose outcome is unknown, or else the last one, when a person decided it."""
    for each in reversed(found.publications):
        if each.outcome in UNDECIDED:
            return each
    if found.publications and found.publications[-1].settled_by == PERSON:
        return found.publications[-1]
    raise Conflict(f"post {found.post.id} is {found.post.status.value}: nothing about it is unknown")


def _forget(connection: Connection, publication: Publication) -> None:
    """Make a publication that a person settled unknown again, within the transaction that settles it anew."""
    decided = (publications_table.c.id == publication.id, publications_table.c.settled_by == PERSON)
    unknown = {"outcome": Outcome.UNKNOWN.value, "tweet_id": None, "settled_at": None, "settled_by": None}
    connection.execute(update(publications_table).where(*decided).values(unknown))


def details_of(connection: Connection, name: str) -> PostDetails:
    """Give a post with its attempts, by its id or a publication's, within the caller's transaction. Raises NotFound."""
    post = _post(connection, name)
    attempts = [
        each
        for each in publications.of_run(connection, post.run_id)
        if (each.group, each.part) == (post.group, post.part)
    ]
    template = templates.get(connection, post.template_id).template
    return PostDetails(post, template.name, tuple(attempts))


def _post(connection: Connection, name: str) -> Post:
    try:
        return posts.get(connection, whole_id(connection, posts_table.c.id, name))
    except NotFound:
        return _post_of_publication(connection, name)


def _post_of_publication(connection: Connection, name: str) -> Post:
    try:
        publication = publications.get(connection, whole_id(connection, publications_table.c.id, name))
    except NotFound:
        raise NotFound("post", name, "`ostinato post list` shows those there are") from None
    of_run = posts.list_posts(connection, run_id=publication.run_id, limit=ALL)
    return next(post for post in of_run if (post.group, post.part) == (publication.group, publication.part))


def _settlement(tweet_id: str | None, note: str | None) -> Settlement:
    if tweet_id is not None:
        return Settlement(Outcome.CONFIRMED, PERSON, tweet_id=tweet_id, detail=note)
    return Settlement(Outcome.REFUSED, PERSON, reason=Reason.NOT_POSTED.value, detail=note)


def _payment(publication: Publication, settlement: Settlement, now: datetime) -> Sequence[Statement]:
    """Give the statements that count the post as paid for, or no longer, whatever was counted before."""
    paid = settlement.outcome is Outcome.CONFIRMED
    return spending.mark(
        post_entry_id(publication.run_id, publication.group, publication.part),
        EntryState.SPENT if paid else EntryState.RELEASED,
        run_id=publication.run_id,
        template_id=publication.template_id,
        account=publication.account.lower(),
        now=now,
    )


def _event(
    connection: Connection,
    post: Post,
    run: Run,
    settlement: Settlement,
    note: str | None,
    now: datetime,
    new_id: Callable[[], str],
) -> NewEvent:
    template = templates.get(connection, run.template_id).template
    event = Events(template, new_id).published(run, settled_post(post, settlement, now), now)
    settled = {"outcome": settlement.outcome.value, "by": settlement.found_by, "note": note}
    return replace(event, type=EventType.POST_SETTLED, data=event.data | {"settled": settled})


def tweet_id(text: str) -> str:
    """Give the id that a tweet's id or URL names. Raises InvalidInput."""
    match = TWEET.fullmatch(text.strip())
    if match is None:
        raise InvalidInput([FieldError("tweet", f"{text!r} is neither a tweet's id nor its URL")])
    return match[1]


def _perform(connection: Connection, write: Write) -> None:
    """Run the statements of *write* in the caller's transaction. Raises Conflict when a row is not as it needs."""
    for statement in write.statements:
        try:
            touched = statement.sql.run(connection, statement.rows) if statement.rows else 0
        except connection.dialect.loaded_dbapi.IntegrityError as error:
            raise Conflict("another post has this tweet id already; look at `ostinato post list`") from error
        if statement.expect is not None and touched != statement.expect:
            raise Conflict(statement.sql.refusal)
