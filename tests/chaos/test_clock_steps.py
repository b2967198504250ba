"""A daemon's clock is set a day forward, and back again: nothing is posted twice, and nothing waits for that day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.stage import Process, Stage, stage, wait_for
from tests.chaos.surroundings import clock
from tests.chaos.surroundings.door import Door, SiteDoor, start_receiver, start_site

HOUR = 3600
BOATS = "Boat {number} of {name} came in with the tide and left again before anybody had asked her where she came from."


def add(here: Stage, receiver: Door, name: str, **fields: Any) -> None:
    tips = [BOATS.format(number=number, name=name) for number in range(20)]
    words = {} if "feeds" in fields else {"tips": tips}
    when = {"dailyCount": None} if "schedule" in fields else {}
    here.add_template(name, callbackUrl=f"{receiver.url}/{name}", **{**words, **when, **fields})


def texts(here: Stage, name: str) -> list[str]:
    return [tweet["text"] for tweet in here.tweets(f"of {name}")]


def tell_news(site: SiteDoor) -> None:
    """Put a new story into the feed."""
    before = site.change("harbour")
    while site.change("harbour") == before:
        pass


def all_told(here: Stage, *names: str) -> bool:
    """Whether every event that SQL holds about these templates was received."""
    ledger = {event.id for name in names for event in here.recorded(name)}
    return ledger <= {line["event"]["id"] for line in here.received()}


def told(here: Stage) -> bool:
    return all_told(here, "hourly", "minute", "reader")


def published(here: Stage, name: str) -> bool:
    return any(event.type == "post.published" for event in here.recorded(name))


def found(here: Stage) -> bool:
    """Whether what was sent in vain, as it seemed, was found in the timeline."""
    return any(each.settled_by == "timeline" for each in here.publications("minute"))


def steps(daemon: Process, count: int) -> bool:
    return daemon.printed.count("clock.stepped") == count


def test_after_a_step_forward_and_back_nothing_is_posted_twice_and_nothing_waits_for_that_day(tmp_path: Path) -> None:
    with stage(tmp_path, api="seed") as here:
        receiver = start_receiver(here, here.book)
        site = start_site(here, tmp_path / "site.jsonl")
        add(here, receiver, "hourly", dailyCount=24)
        add(here, receiver, "minute", schedule={"cron": "* * * * *"})
        add(here, receiver, "reader", feeds=[f"{site.url}/feeds/harbour.rss"], schedule={"cron": "0 0 1 1 *"})
        here.run("template", "run", "reader")  # joins the feed: what it holds is old
        clock.stepped(here, 2 * HOUR)
        daemon = clock.daemon(here, CLOCK_STEADY_AFTER="2", OSTINATO_RATE_LIMITS="on")
        wait_for(lambda: texts(here, "hourly"), "the first post")
        wait_for(lambda: told(here), "its callbacks")

        receiver.fault("error", status=503)
        here.fault("lag", match={"method": "GET", "path": "/x/users"}, times=None, seconds=6)
        here.fault("drop_after", match={"path": "/x/tweets", "text_contains": "of minute"})
        clock.stepped(here, 24 * HOUR)
        wait_for(lambda: steps(daemon, 1), "the first step")
        wait_for(lambda: len(texts(here, "hourly")) == 2, "the newest of the slots that were passed")
        wait_for(lambda: here.publications("minute"), "the same of the other, whose answer is lost")
        daemon.wait_for_line("callback.failed")
        here.run("template", "run", "reader")
        wait_for(lambda: len(here.recorded("reader")) == 2, "the end of the run that reads the feed on that day")
        tell_news(site)

        receiver.calm()
        clock.set_right(here)
        wait_for(lambda: steps(daemon, 2), "the second step")
        wait_for(lambda: told(here), "the callbacks of that day", within=40)
        here.run("template", "run", "reader")
        wait_for(lambda: published(here, "reader"), "the news of the feed that was read on that day", within=75)
        wait_for(lambda: found(here), "the post whose answer was lost on that day")
        for name in ("hourly", "minute"):
            assert len(set(texts(here, name))) == len(texts(here, name))


@pytest.mark.skipif(not clock.FAKETIME.exists(), reason=f"libfaketime is not installed at {clock.FAKETIME}")
def test_a_whole_process_whose_clock_is_stepped_posts_once_and_tells_of_it(tmp_path: Path) -> None:
    with stage(tmp_path) as here:
        receiver = start_receiver(here, here.book)
        add(here, receiver, "hourly", dailyCount=24)
        daemon = clock.daemon(here, faked=True, CLOCK_STEADY_AFTER="2")
        wait_for(lambda: texts(here, "hourly"), "the first post")
        clock.stepped(here, 26 * HOUR)
        wait_for(lambda: len(texts(here, "hourly")) == 2, "the newest of the slots that were passed")
        clock.stepped(here, -28 * HOUR)
        wait_for(lambda: steps(daemon, 2), "the second step")
        wait_for(lambda: all_told(here, "hourly"), "the callbacks of that day")
        assert len(set(texts(here, "hourly"))) == len(texts(here, "hourly")) == 2
        assert daemon.stop() == 0, daemon.printed
