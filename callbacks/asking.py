"""Asking a receiver what to do with a run's posts: one signed POST, and a decision out of its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from callbacks.http import answered, retry_after
from callbacks.refused import Refused, quoted
from domain.event import Webhook
from domain.question import Decision

BIGGEST = 1024 * 1024  # bytes of an answer: ten threads of posts fit into it
ANSWERS = (Decision.APPROVE, Decision.REPLACE, Decision.VETO)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver decided. *texts* are the new ones by the ids of their posts; only with REPLACE."""

    decision: Decision
    texts: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None


async def ask(
    webhook: Webhook,
    question_id: str,
    body: Mapping[str, Any],
    *,
    revision: str,
    client: httpx.AsyncClient,
    now: datetime,
    time_limit: float,
) -> Answer:
    """POST *body* to *webhook*, signed for *now* under the question's id, and give what was decided.

    *time_limit* is in seconds, for the whole exchange. Raises Refused when there is no answer that decides about
    *revision*.
    """
    content = json.dumps(body, separators=(",", ":")).encode("ascii")
    async with answered(webhook, question_id, content, client=client, now=now, time_limit=time_limit) as response:
        try:
            return read(await _whole(response), revision=revision)
        except Refused as error:
            error.retry_after = retry_after(response.headers.get("retry-after"), now)
            raise


def read(body: bytes, *, revision: str) -> Answer:
    """Read an answer about *revision*. Raises Refused with what is wrong with it."""
    if not body.strip():
        raise Refused("answered without a decision")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(f"answered what is not JSON: {quoted(body)}") from error
    if not isinstance(given, dict):
        raise Refused("answered JSON that is not an object")
    decision = given.get("decision")
    if decision not in ANSWERS:
        raise Refused(f"answered with the decision {_shown(decision)}; give approve, replace or veto")
    if given.get("revision") != revision:
        raise Refused(f"answered about revision {_shown(given.get('revision'))}; it was asked about {revision}")
    said = given.get("reason")
    if said is not None and not isinstance(said, str):
        raise Refused("answered with a reason that is not text")
    reason = quoted(said.encode("utf-8", "replace")) if said else None
    texts = _texts(given.get("posts")) if decision == Decision.REPLACE else {}
    return Answer(Decision(decision), texts, reason or None)


def _texts(posts: object) -> dict[str, str]:
    """Give the new texts by post; those that are not named stay as they are."""
    if not isinstance(posts, list) or not posts:
        raise Refused("answered replace without posts; give a list of objects with id and text")
    texts: dict[str, str] = {}
    for post in posts:
        name, text = (post.get("id"), post.get("text")) if isinstance(post, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(text, str):
            raise Refused("answered with a post that has no id and text; both are texts")
        if name in texts:
            raise Refused(f"answered with two texts for the post {_shown(name)}")
        texts[name] = text
    return texts


async def _whole(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Refused("answered in a content-encoding; it was asked for none")
    read_so_far = bytearray()
    async for piece in response.aiter_raw():
        read_so_far += piece
        if len(read_so_far) > BIGGEST:
            raise Refused(f"answered more than {BIGGEST // 1024**2} MiB")
    return bytes(read_so_far)


def _shown(value: object) -> str:
    """Give *value* of an answer as JSON, short enough for one line."""
    return quoted(json.dumps(value).encode())[:60]
