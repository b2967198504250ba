"""Whether only what may be posted was sent: with an intention, approved, in words that the sources hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.chaos.audit.books import Read, part_of
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.scheduler_book import Post, Publication

URL = re.compile(r"https?://\S+")
CLOSING = ".,;:!?)]\"'"  # what may end a sentence after a link


def unintended(read: Read) -> Iterator[Finding]:
    """Give the requests to post something under a key that stands in no publication, or under none."""
    for request in read.sandbox.posted:
        if request.key not in read.by_key:
            sentence = f"@{request.account} was to post something at {request.received_at} under the key {request.key}"
            yield Finding(Kind.UNINTENDED_REQUEST, (str(request.key),), f"{sentence}, which no publication has")


def unapproved(read: Read) -> Iterator[Finding]:
    """Give the publications of runs that a person was to approve and did not, and of those that post nothing."""
    for each in read.scheduler.publications:
        run, template = read.scheduler.runs.get(each.run_id), read.template_of(each.run_id)
        if run is None or template is None:
            continue
        approval = template.definition["approval"]
        if run.verdict == "rejected" or approval == "shadow" or (approval == "approve" and run.verdict != "approved"):
            sentence = f"publication {each.id} of run {run.id} was sent: approval {approval!r}, verdict {run.verdict}"
            yield Finding(Kind.UNAPPROVED_POST, (each.id,), sentence)


def unsupported(read: Read) -> Iterator[Finding]:
    """Give the publications whose text is not their draft's, or whose draft does not stand in its material."""
    drafts = {(each.run_id, each.id): each.document for each in read.scheduler.drafts}
    materials = {(each.run_id, each.id): each.document for each in read.scheduler.materials}
    for each in read.scheduler.publications:
        post, run = read.posts.get(part_of(each)), read.scheduler.runs.get(each.run_id)
        if post is None or run is None or run.pruned_at is not None:
            continue
        draft = drafts.get((each.run_id, post.draft_id))
        for what in ("its draft is not there",) if draft is None else _wrong(read, each, post, draft, materials):
            sentence = f"publication {each.id} of run {each.run_id}: {what}"
            yield Finding(Kind.UNSUPPORTED_TEXT, (each.id,), sentence)


def _wrong(
    read: Read,
    publication: Publication,
    post: Post,
    draft: dict[str, Any],
    materials: dict[tuple[str, str], dict[str, Any]],
) -> Iterator[str]:
    parts = draft["parts"]
    part = parts[publication.part] if publication.part < len(parts) else {"text": None, "segments": []}
    if part["text"] != publication.text:
        yield f"it sent {publication.text[:60]!r}, and draft {post.draft_id} says {str(part['text'])[:60]!r}"
    segments = part["segments"]
    if segments and "".join(segment["text"] for segment in segments) != part["text"]:
        yield f"the segments of draft {post.draft_id} do not add up to its text"
    for segment in segments:
        if segment["kind"] in ("extract", "title", "link") and len(segment["spans"]) == 1:
            ((start, end),) = segment["spans"]
            material = materials.get((publication.run_id, segment["material_id"]), {})
            if (material.get(segment["field"]) or "")[start:end] != segment["text"]:
                yield f"{segment['text'][:60]!r} does not stand in material {segment['material_id']}"
    template, score = read.template_of(publication.run_id), draft["score"]
    named = [materials.get((publication.run_id, each), {}) for each in draft["material_ids"]]
    for url in URL.findall(publication.text):
        if url.rstrip(CLOSING) not in json.dumps([named, template and template.definition], ensure_ascii=False):
            yield f"it leads to {url}, which stands neither in its material nor in its template"
    least = template.definition["minimum_score"] if template else 0
    if draft["engine"] in ("embedded", "model") and score and score["value"] < least:
        yield f"draft {post.draft_id} scored {score['value']}, below {least}"
