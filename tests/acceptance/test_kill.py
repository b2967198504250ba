"""The daemon is killed with SIGKILL at every step of a run, started again, and what the sandbox has is counted.

With idempotency keys (`durable`) exactly one of each part must be out. Without (`seed`) one, or none and a reported
`unknown`; never two.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.stage import Stage, stage, wait_for

STEPS = {
    "until it was planned, gathered and finished": ("plan", "gather", "finish"),
    "while drafts were written and chosen": ("drafts", "choice"),
    "around the send": ("intend", "send", "settle"),
}
# The request may not have left, and a server without keys cannot be asked safely: the run ends as a reported unknown.
UNSENT = {"after:intend", "before:send"}
PARAGRAPHS = [
    "The harbour master counts the boats at dawn and again at dusk, every day, whatever the weather.",
    "On {name} there were more of them in the evening than in the morning, and nobody could say why.",
    "She wrote both numbers down, drew a line under them, and went home to sleep on it.",
]


def text_of(kind: str, name: str) -> str:
    """Give a text that is posted word for word: as one tweet, or as a thread of three."""
    paragraphs = [paragraph.format(name=name) for paragraph in PARAGRAPHS]
    if kind == "tweet":
        return paragraphs[1]
    return "\n\n".join(f"{name}, {number}. {paragraph * 2}" for number, paragraph in enumerate(paragraphs))


def settled(here: Stage, name: str) -> dict[str, Any] | None:
    """Give the event that ends the story of a template's run."""
    ends = ("run.succeeded", "run.failed", "run.skipped", "post.unknown")
    return next((event for event in here.events_of(name) if event["type"] in ends), None)


@pytest.mark.parametrize("kind", ["tweet", "thread"])
@pytest.mark.parametrize("api", ["durable", "seed"])
@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_a_daemon_killed_at_any_step_posts_each_part_once_or_reports_it(
    tmp_path: Path, steps: tuple[str, ...], api: str, kind: str
) -> None:
    points = [f"{when}:{what}" for what in steps for when in ("before", "after")]
    reconciled = 0
    with stage(tmp_path, api=api) as here:
        for number, point in enumerate(points):
            name = f"{kind}-{number}"
            here.add_template(
                name,
                type=kind,
                text=text_of(kind, name),
                callbackUrl=here.receiver_url,
                callbackData=f"«{point}» \\u00e9",
            )
            part = 1 if kind == "thread" else 0
            killed = here.daemon(CRASH_AT=point, CRASH_PART=str(part))
            assert killed.wait_for_end() == -9, killed.printed
            assert f"dying at {point}" in killed.printed

            daemon = here.daemon()
            end = wait_for(partial(settled, here, name), f"the end of {name} after {point}")
            daemon.stop()

            check_books(here, name, end, parts=3 if kind == "thread" else 1, unsent=api == "seed" and point in UNSENT)
            assert end["data"]["callbackData"] == f"«{point}» \\u00e9"
            reconciled += point in {"after:send", "before:settle", *UNSENT} and end["type"] == "run.succeeded"
    assert reconciled >= (2 if "send" in steps else 0)


def check_books(here: Stage, name: str, end: dict[str, Any], *, parts: int, unsent: bool) -> None:
    """Compare what the sandbox has with what the callbacks say."""
    tweets = here.tweets(f"{name}")
    texts = [tweet["text"] for tweet in tweets]
    assert len(set(texts)) == len(texts), f"{name} was posted twice: {texts}"
    if unsent:
        assert end["type"] == "post.unknown"
        assert len(tweets) == parts - 1 if parts == 1 else len(tweets) == 1
        return
    assert end["type"] == "run.succeeded", end
    assert len(tweets) == parts
    told = [post["tweetId"] for post in end["data"]["posts"]]
    assert told == [tweet["id"] for tweet in tweets]
    for before, after in pairwise(tweets):
        assert after["reply_to"] == before["id"]
