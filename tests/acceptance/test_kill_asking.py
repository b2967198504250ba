"""The daemon is killed with SIGKILL between asking a `pre_publish` callback and publishing what it decided."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.stage import Stage, stage, wait_for
from tests.integration.callback_receiver import Answer, Received, receiving

POINTS = [
    f"{when}:{what}" for what in ("question", "replaced", "decision", "intend", "send") for when in ("before", "after")
]
TEXT = "On {name} there were more boats in the evening than in the morning, and nobody could say why."
BETTER = "On {name} there were fewer boats in the evening, and everybody knew why."


def answer(received: Received) -> Answer:
    """Put better words for some templates, and approve the others."""
    asked = json.loads(received.body)["data"]
    name = asked["template"]["name"]
    decided = {"decision": "approve", "revision": asked["revision"]}
    if "decision" not in name:
        posts = [{"id": post["id"], "text": BETTER.format(name=name)} for post in asked["posts"]]
        decided |= {"decision": "replace", "posts": posts}
    return Answer(200, body=json.dumps(decided).encode())


def ended(here: Stage, name: str) -> dict[str, Any] | None:
    ends = ("run.succeeded", "run.failed", "run.skipped", "post.unknown")
    return next((event for event in here.events_of(name) if event["type"] in ends), None)


@pytest.mark.timeout(120)
def test_a_daemon_killed_between_asking_and_publishing_posts_what_was_decided_once(tmp_path: Path) -> None:
    with stage(tmp_path) as here, receiving() as receiver:
        for number, point in enumerate(POINTS):
            name = f"{point.split(':')[1]}-{number}"
            receiver.will(f"/{name}", *[answer] * 4)
            asked = {"url": f"{receiver.address}/{name}", "within": "10m"}
            here.add_template(name, text=TEXT.format(name=name), callbackUrl=here.receiver_url, prePublish=asked)
            killed = here.daemon(CRASH_AT=point)
            assert killed.wait_for_end() == -9, killed.printed
            assert f"dying at {point}" in killed.printed

            daemon = here.daemon()
            end = wait_for(partial(ended, here, name), f"the end of {name} after {point}")
            daemon.stop()

            wanted = (TEXT if "decision" in name else BETTER).format(name=name)
            assert [tweet["text"] for tweet in here.tweets(name)] == [wanted], (point, end)
            assert (end["type"], end["data"]["posts"][0]["text"]) == ("run.succeeded", wanted)
            questions = [json.loads(each.body) for each in receiver.at(f"/{name}")]
            assert len({each["id"] for each in questions} | {end["data"]["prePublish"]["id"]}) == 1
            assert len({each["data"]["deadline"] for each in questions}) == 1
            assert len(questions) == (2 if point in {"before:replaced", "before:decision"} else 1), point
