"""The kinds of feeds that the AutoContent operations know, and the URLs at which those that are feeds are read."""

from __future__ import annotations

import re

from domain.template_document.fields import url_problem
from web.compatible.refusal import NOT_CONFIGURED, Refusal, wrong

SUBREDDIT, YOUTUBE, RSS = 2, 3, 4
_REDDIT, _CHANNEL = "https://www.reddit.com/r/{}/new/.rss", "https://www.youtube.com/feeds/videos.xml?channel_id={}"
_SUBREDDIT = re.compile(r"(?:/?r/)?([A-Za-z0-9_]{2,50})/?")
_YOUTUBE = re.compile(r"UC[A-Za-z0-9_-]{22}")
_UNREAD = {
    1: "X users are no feeds here; name a style, or have topics looked up with deepResearch",
    5: "X news are no feeds here; have topics looked up with deepResearch",
}


def url_of(kind: int, internal_id: str) -> str:
    """Give the URL of the feed that a request names by its kind and id. Raises Refusal."""
    if kind in _UNREAD:
        raise Refusal(f"feedTypeId {kind}: {_UNREAD[kind]}", code=NOT_CONFIGURED, field="feedTypeId")
    if kind == SUBREDDIT and (named := _SUBREDDIT.fullmatch(internal_id)):
        return _REDDIT.format(named[1])
    if kind == YOUTUBE and _YOUTUBE.fullmatch(internal_id):
        return _CHANNEL.format(internal_id)
    if kind == SUBREDDIT:
        raise wrong("internalId", "must be the name of a subreddit, such as r/python")
    if kind == YOUTUBE:
        raise wrong("internalId", "must be the id of a YouTube channel: UC and 22 letters, digits, dashes")
    if reason := url_problem(internal_id):
        raise Refusal(f"internalId: {reason}", field="internalId")
    return internal_id.strip()


def kind_of(url: str) -> tuple[int, str]:
    """Give the kind and the id of the feed at *url*."""
    for kind, pattern in ((SUBREDDIT, _REDDIT), (YOUTUBE, _CHANNEL)):
        before, after = pattern.split("{}")
        if url.startswith(before) and url.endswith(after):
            return kind, url[len(before) : len(url) - len(after)]
    return RSS, url
