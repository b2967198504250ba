"""Subscribing a feed for a template that recurs: its runs write from each entry that comes, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from domain.errors import Conflict, FieldError, InvalidInput, NotFound
from domain.template import Backlog, FeedSource, StoredTemplate, TemplateStatus
from scheduler.operations import editing
from scheduler.operations.forecasting import Span
from scheduler.operations.joined import Joined
from storage import feed_subscriptions, feeds, templates
from storage.feed_subscriptions import Subscription
from storage.webhooks import Cipher

NewId = Callable[[], str]


def subscribe(
    c: Connection,
    feed_id: int,
    stored: StoredTemplate,
    *,
    behind: int | None = None,
    cipher: Cipher,
    now: datetime,
    new_id: NewId,
) -> Subscription:
    """Let a template read its owner's feed, from what comes after now, or after the entry *behind*.

    Raises Conflict when it reads the feed already, and InvalidInput when *behind* is no entry of it.
    """
    template, feed = stored.template, feeds.get(c, feed_id)
    if behind is not None and not feed_subscriptions.has_item(c, feed_id, behind):
        raise InvalidInput([FieldError("lastProcessedItemId", f"{behind} is no entry of feed {feed_id}")])
    if _reads(stored, feed.url):
        raise Conflict("Subscription already exists for this feed/template pair")
    stale = feed_subscriptions.standing(c, feed_id, template.id)
    if stale is not None:  # somebody took the feed out of the template meanwhile
        feed_subscriptions.remove(c, stale.id, now=now)
    joined_before = feed_subscriptions.has_joined(c, template.id, feed_id)
    _read(c, stored, [*template.sources.feeds, FeedSource(feed.url)], cipher=cipher, now=now, new_id=new_id)
    if behind is not None:
        feeds.join(c, template.id, feed_id, Backlog.ALL, now=now)
        feed_subscriptions.mark_seen(c, template.id, behind, now=now)
    else:
        if joined_before:  # what came while it did not follow is as old as what was there before
            feeds.join_anew(c, template.id, [feed.url], now=now)
        feeds.join(c, template.id, feed_id, Backlog.NONE, now=now)
    made = Subscription(new_id(), feed_id, template.id, now, owner_id=template.owner_id)
    feed_subscriptions.add(c, made)
    return made


def unsubscribe(c: Connection, subscription: Subscription, *, cipher: Cipher, now: datetime, new_id: NewId) -> None:
    """Let the template read the feed no more. Raises InvalidInput when it would have nothing left to write from."""
    feed_subscriptions.remove(c, subscription.id, now=now)
    url = _url_of(c, subscription)
    stored = templates.get(c, subscription.template_id)
    left = [source for source in stored.template.sources.feeds if source.url != url]
    if len(left) < len(stored.template.sources.feeds):
        _read(c, stored, left, cipher=cipher, now=now, new_id=new_id)


def current(c: Connection, subscription_id: str, *, owner: str) -> Subscription:
    """Give one of the owner's that was not removed, as `list_all` has it. Raises NotFound."""
    found = feed_subscriptions.get(c, subscription_id, owner=owner)
    template = templates.get_many(c, {found.template_id}).get(found.template_id)
    if _standing(found, template, _url_of(c, found)).removed_at is not None:
        raise NotFound("subscription", subscription_id, "it was removed")
    return found


def list_all(c: Connection, *, owner: str, include_removed: bool) -> list[Subscription]:
    """Give the owner's subscriptions. One whose feed was taken out of its template otherwise counts as removed."""
    found = feed_subscriptions.list_all(c, owner=owner, include_removed=include_removed)
    stored = templates.get_many(c, {each.template_id for each in found})
    urls = {feed.id: feed.url for feed in feeds.list_feeds(c, owner=owner)}
    shown = [_standing(each, stored.get(each.template_id), urls.get(each.feed_id)) for each in found]
    return [each for each in shown if include_removed or each.removed_at is None]


def _standing(found: Subscription, template: StoredTemplate | None, url: str | None) -> Subscription:
    """Give *found* as removed where its template does not read the feed at *url* any more."""
    if found.removed_at is not None or (template is not None and _reads(template, url)):
        return found
    return replace(found, removed_at=template.state.updated_at if template else found.created_at)


def _reads(stored: StoredTemplate, url: str | None) -> bool:
    alive = stored.state.status is not TemplateStatus.DELETED
    return alive and any(source.url == url for source in stored.template.sources.feeds)


def _url_of(c: Connection, subscription: Subscription) -> str | None:
    """Give the URL of the feed, None when it was removed."""
    try:
        return feeds.get(c, subscription.feed_id).url
    except NotFound:
        return None


def _read(
    c: Connection,
    stored: StoredTemplate,
    sources: Sequence[FeedSource],
    *,
    cipher: Cipher,
    now: datetime,
    new_id: NewId,
) -> None:
    documents = [{"url": each.url, "backlog": each.backlog.value} for each in sources]
    span = Span(now, now, now)
    editing.change(Joined(c), stored.template.id, {"feeds": documents}, span=span, cipher=cipher, new_id=new_id)
