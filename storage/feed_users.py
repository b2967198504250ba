"""Which templates read a feed: found in SQL, so that no more definitions are read than it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, exists, select

from domain.errors import InvalidInput
from domain.template import Backlog, Template, TemplateStatus
from storage import codec
from storage.tables import template_feeds, templates

# When a template has joined that joins anew after a restore: not yet, and then it takes nothing of what is there.
ANEW = datetime(1970, 1, 1, tzinfo=UTC)
COMES_DUE = (TemplateStatus.ACTIVE, TemplateStatus.PAUSED)


def names(c: Connection, url: str, *, owner: str) -> list[str]:
    """Give the names of the owner's templates that read the feed at *url* and are not deleted.

    One that mentions it and cannot be read is among them: it may read the feed.
    """
    alive = [status for status in TemplateStatus if status is not TemplateStatus.DELETED]
    found = c.execute(_mentioning(url, alive, owner)).all()
    return sorted(row.name for row in found if (backlogs := _backlogs(row.definition, url)) is None or backlogs)


def is_read(c: Connection, url: str, *, owner: str) -> bool:
    """Tell whether a template of the owner that may run again reads the feed at *url*, or cannot be read and may."""
    return any(_backlogs(row.definition, url) != [] for row in c.execute(_mentioning(url, COMES_DUE, owner)))


def joining(c: Connection, feed_id: int, url: str, *, owner: str) -> list[tuple[str, Backlog]]:
    """Give the owner's templates that have not joined the feed they read, and what each does with its entries.

    Those that cannot be read are left out; the planner tells of them.
    """
    joined = exists().where(
        template_feeds.c.template_id == templates.c.id,
        template_feeds.c.feed_id == feed_id,
        template_feeds.c.joined_at != ANEW,
    )
    found = c.execute(_mentioning(url, COMES_DUE, owner).where(~joined)).all()
    return [(row.id, backlog) for row in found for backlog in _backlogs(row.definition, url) or ()]


def _mentioning(url: str, statuses: Sequence[TemplateStatus], owner: str) -> Any:
    """Select the owner's templates whose definition holds *url*, as a feed or as something else."""
    columns = (templates.c.id, templates.c.name, templates.c.definition)
    return select(*columns).where(
        templates.c.owner_id == owner,
        templates.c.status.in_([status.value for status in statuses]),
        templates.c.definition.contains(codec.dump(str, url), autoescape=True),
    )


def _backlogs(definition: str, url: str) -> list[Backlog] | None:
    """Give the backlog with which the definition names the feed, nothing when it does not; None for an unreadable."""
    try:
        sources = codec.load(Template, definition).sources
    except (ValueError, InvalidInput):
        return None
    return [source.backlog for source in sources.feeds if source.url == url][:1]
