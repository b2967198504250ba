"""The documents of the AutoContent X operations: its keys to the letter, and ours beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.material import Material, MaterialKind
from domain.picture import Picture, PictureKind
from domain.publication import Post
from domain.reasons import SENTENCES, Reason
from domain.run import Run, RunStatus
from domain.template import Template
from scheduler.shown import sharing
from scheduler.shown.picture_views import numbers
from storage.post_pages import Paged

DONE = 100
REQUEST_TYPE = "x_post"
ERROR_CODES = {RunStatus.SKIPPED: 1, RunStatus.FAILED: 2, RunStatus.PARTIAL: 3}


@dataclass(frozen=True, slots=True)
class Links:
    """Where what a document names can be fetched: below *address*, this installation's base URL, if it is known.

    *seal* gives what only this installation can give for a text; without it no post has a page.
    """

    address: str | None = None
    seal: Callable[[str], str] | None = None

    def file(self, blob_id: str) -> str | None:
        """Give the URL of a file that is kept here."""
        return f"{self.address}/files/{blob_id}" if self.address else None

    def picture(self, picture: Picture) -> str | None:
        """Give the URL of a post's picture."""
        return self.file(picture.blob) if picture.blob else picture.url

    def page(self, post: Post) -> str | None:
        """Give the URL of the public page of a post."""
        if self.address is None or self.seal is None or not sharing.is_shown(post):
            return None
        return f"{self.address}{sharing.path(post, self.seal)}"


def iso(moment: datetime) -> str:
    """Give *moment* as ISO 8601 in UTC, in seconds and with Z."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[: -len("+00:00")] + "Z"


def iso_or_none(moment: datetime | None) -> str | None:
    """Give *moment* as `iso` does, None for none."""
    return iso(moment) if moment else None


def bare_post(paged: Paged, links: Links) -> dict[str, Any]:
    """Give a post with the nine keys of `/x/refine`."""
    post = paged.post
    pictures = {each.kind: links.picture(each) for each in post.pictures}
    image = pictures.get(PictureKind.IMAGE)
    return {
        "id": post.id,
        "requestId": post.run_id,
        "result": post.text,
        "type": paged.kind.value,
        "order": post.part,
        "createdOn": iso(post.created_at),
        "tweetImageUrl": image,
        "dataTableImageUrl": None if image else pictures.get(PictureKind.DATA_TABLE),
        "barChartImageUrl": None if image else pictures.get(PictureKind.BAR_CHART),
    }


def post(paged: Paged, links: Links) -> dict[str, Any]:
    """Give a post as `/x/posts` lists it."""
    shown, draft = paged.post, paged.draft
    return {
        **bare_post(paged, links),
        "sources": [source(each) for each in paged.materials],
        "shareUrl": links.page(shown),
        "scheduleId": paged.recurring,
        "groupId": f"{shown.run_id}-{shown.group}",
        "groupIndex": shown.group,
        "status": shown.status.value,
        "tweetId": shown.tweet_id,
        "tweetUrl": shown.url,
        "publishedOn": iso_or_none(shown.published_at),
        "accountId": shown.account,
        "tweetStyle": draft.tweet_style.value if draft and draft.tweet_style else None,
        "error": shown.error,
        "data": _drawn(shown),
    }


def _drawn(shown: Post) -> dict[str, Any] | None:
    """Give the numbers that the chart and the table of a post show; None where it shows a picture of its owner's."""
    if not shown.pictures or any(each.kind is PictureKind.IMAGE for each in shown.pictures):
        return None
    return next((numbers(each.drawn) for each in shown.pictures if each.drawn is not None), None)


def source(material: Material) -> dict[str, Any]:
    """Give where a post's words come from. What the owner gave as text has neither id nor address."""
    if material.kind is MaterialKind.TEXT:
        return _source("resource", None, None, "text that was given", {})
    if material.kind is MaterialKind.RESEARCH:
        return _source("deep-research", material.research_id, material.url, material.title or None, {})
    dated = {"publishedOn": iso_or_none(material.published_at)}
    name = f"{material.site}: {material.title}" if material.site and material.title else material.title or material.site
    item = str(material.item_id) if material.kind is MaterialKind.FEED_ITEM and material.item_id else None
    kind = "feed-item" if material.kind is MaterialKind.FEED_ITEM else "resource"
    return _source(kind, item, material.url, name or None, dated)


def _source(
    kind: str, source_id: str | None, reference: str | None, description: str | None, metadata: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": kind,
        "sourceId": source_id,
        "reference": reference,
        "description": description,
        "metadata": metadata,
    }


def stage(run: Run, done: Sequence[datetime | None]) -> int:
    """Give the number of a request's state: 0 queued, 5 processing, 20 to 90 its stages, 100 done.

    *done* are when the run gathered, wrote and chose. What failed keeps the number of its last stage.
    """
    if succeeded(run):
        return DONE
    if run.status is RunStatus.UNKNOWN:
        return 90
    if run.status is RunStatus.HELD:
        return 70
    reached = (20, 40, 60)[: sum(each is not None for each in done)]
    return reached[-1] if reached else 0 if run.started_at is None else 5


def succeeded(run: Run) -> bool:
    """Tell whether a run did what was asked: what is only to be written, and not published, counts too."""
    return run.status is RunStatus.POSTED or (run.status is RunStatus.SKIPPED and run.reason is Reason.SHADOW)


def request(
    run: Run,
    template: Template,
    posts: Iterable[Paged],
    links: Links,
    *,
    done: Sequence[datetime | None],
    notes: Sequence[str],
) -> dict[str, Any]:
    """Give a request as `/content/Status/{id}` does, and as a compatible webhook is told it.

    *notes* are what it did not get of what it asked for.
    Both spellings of the doubled keys, because the vendor's guide tells clients to accept both.
    """
    code = 0 if succeeded(run) else ERROR_CODES.get(run.status, 0)
    sentence = (run.detail or (SENTENCES[run.reason] if run.reason else run.status.value)) if code else None
    shown = [post(each, links) for each in posts]
    requested = run.created_at or run.slot_at
    updated = run.finished_at or max(filter(None, [requested, run.started_at, run.held_at, *done]))
    return {
        "id": run.id,
        "request_id": run.id,
        "requestId": run.id,
        "schedule_id": None if template.once else template.id,
        "request_type": REQUEST_TYPE,
        "status": stage(run, done),
        "requested_on": iso(requested),
        "updated_on": iso(updated),
        "error_on": iso(run.finished_at or updated) if code else None,
        "error_code": code,
        "errorCode": code,
        "error_message": sentence,
        "reason": run.reason.value if run.reason else None,
        "callback_data": template.callback_data,
        "callbackData": template.callback_data,
        "response_text": "\n\n".join(each["result"] for each in shown) or None,
        "share_url": next((each["shareUrl"] for each in shown if each["shareUrl"]), None),
        "notes": list(notes),
        "posts": shown,
    }
