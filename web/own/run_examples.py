"""What the examples of runs, posts and samples show: one post, held, approved, out and taken back."""

from __future__ import annotations

from typing import Any

from web.own.examples import RUN, RUN_ID, TEMPLATE_ID

POST_ID = "0197f3a2-6f44-7e10-b5c6-2a3b4c5d6e7f"
TWEET_ID = "1904812345678901234"
REVISION = "1f0e5a7c93d2b846"
WORDS = "The tram to the harbour opens on Tuesday."
NOTHING_PAID: dict[str, Any] = {"spent_micros": 0, "reserved_micros": 0, "payments": []}
WAITING: dict[str, Any] = {
    "id": POST_ID,
    "run_id": RUN_ID,
    "template_id": TEMPLATE_ID,
    "account": "acme",
    "group": 0,
    "part": 0,
    "text": WORDS,
    "status": "awaiting_approval",
    "tweet_id": None,
    "url": None,
    "error": None,
    "draft_id": "d0",
    "pictures": [],
    "created_at": "2026-03-26T12:30:04.000000Z",
    "published_at": None,
}
OUT = WAITING | {
    "status": "published",
    "tweet_id": TWEET_ID,
    "url": f"https://x.com/i/status/{TWEET_ID}",
    "published_at": "2026-03-26T12:31:00.000000Z",
}
DELETED = OUT | {"status": "deleted"}
HELD: dict[str, Any] = RUN | {
    "status": "held",
    "sentence": "it waits for approval",
    "started_at": "2026-03-26T12:30:01.000000Z",
    "revision": REVISION,
    "question": None,
    "posts": [WAITING],
    "cost": NOTHING_PAID,
}
APPROVED = HELD | {
    "status": "queued",
    "sentence": "it waits to be worked on",
    "verdict": "approved",
    "approved_revision": REVISION,
    "posts": [WAITING | {"status": "generated"}],
}
REJECTED = HELD | {
    "status": "queued",
    "sentence": "it waits to be worked on",
    "detail": "too dry",
    "verdict": "rejected",
    "approved_revision": REVISION,
}
RETRIED = RUN | {"id": "0197f3a2-7c20-7f31-8d4e-5f6a7b8c9d0e", "retry_of": RUN_ID}
CANCELLED = RUN | {
    "status": "skipped",
    "reason": "cancelled",
    "sentence": "it was cancelled",
    "detail": "old news",
    "finished_at": "2026-03-26T12:30:02.000000Z",
    "answer": "cancelled",
    "publication": None,
}
WHY: dict[str, Any] = {
    "kind": "run",
    **RUN,
    "chain": [
        {"step": "nominal", "effect": "passed", "said": "asked for by a person", "reason": None, "at": None},
    ],
    "material": [],
    "rejected": [],
    "drafts": [],
    "publications": [],
    "choice_reason": None,
    "posts": [],
    "callbacks": [],
}
PUBLICATION: dict[str, Any] = {
    "id": "0197f3a2-8010-7a42-9e5f-6a7b8c9d0e1f",
    "group": 0,
    "part": 0,
    "attempt": 0,
    "idempotency_key": f"9b1d-{RUN_ID}-0-0-0",
    "outcome": "confirmed",
    "tweet_id": TWEET_ID,
    "reason": None,
    "intended_at": "2026-03-26T12:30:59.000000Z",
    "settled_at": "2026-03-26T12:31:00.000000Z",
    "settled_by": "answer",
    "made_with_ai": False,
    "picture": None,
    "asks": 0,
    "next_ask_at": None,
}
SEGMENTS: list[dict[str, Any]] = [
    {
        "kind": "extract",
        "text": WORDS,
        "material_id": "m0",
        "field": "text",
        "spans": [[0, 41]],
        "title": "The tram",
        "url": "https://example.com/news",
        "excerpt": WORDS,
    }
]
POST = OUT | {"template": "morning", "segments": SEGMENTS, "publications": [PUBLICATION]}
SETTLED = POST | {"publications": [PUBLICATION | {"settled_by": "person"}]}
SAMPLE: dict[str, Any] = {
    "material": [],
    "rejected": [{"reference": "https://example.com/news", "reason": "status 503"}],
    "drafts": [],
    "choice_reason": "no source gave usable material",
}
