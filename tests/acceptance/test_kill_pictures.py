"""The daemon is killed around the upload of a picture and the send of its post: one post is out, with one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.stage import Stage, stage, wait_for

POINTS = {"durable": ("after:upload", "after:intend"), "seed": ("before:upload", "after:send")}
TEXT = "The boats of {name}, counted at dusk:\nNorth quay: 14 boats\nSouth quay: 9 boats"


def settled(here: Stage, name: str) -> dict[str, Any] | None:
    ends = ("run.succeeded", "run.failed", "run.skipped", "post.unknown")
    return next((event for event in here.events_of(name) if event["type"] in ends), None)


@pytest.mark.parametrize("api", POINTS)
def test_a_daemon_killed_around_an_upload_posts_once_with_the_picture(tmp_path: Path, api: str) -> None:
    with stage(tmp_path, api=api) as here:
        here.fault("tco", times=None)
        for number, point in enumerate(POINTS[api]):
            name = f"picture-{number}"
            here.add_template(name, text=TEXT.format(name=name), charts="auto", callbackUrl=here.receiver_url)
            killed = here.daemon(CRASH_AT=point)
            assert killed.wait_for_end() == -9, killed.printed
            assert f"dying at {point}" in killed.printed

            daemon = here.daemon()
            end = wait_for(lambda: settled(here, name), f"the end of {name} after {point}")  # noqa: B023
            daemon.stop()

            tweets = here.tweets(name)
            assert end["type"] == "run.succeeded", end
            assert [len(tweet["media"]) for tweet in tweets] == [1]
            (sent,) = here.publications(name)
            assert sent.picture is not None
            assert sent.picture.alt.endswith("North quay: 14 boats; South quay: 9 boats.")
