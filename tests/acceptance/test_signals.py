"""The daemon is frozen, told to stop, and started twice: nothing is lost and nothing is posted twice."""

from __future__ import annotations

import signal
import time
from functools import partial
from pathlib import Path

import httpx

from tests.acceptance.stage import Process, Stage, stage, wait_for

TEXT = "At low tide the {name} mate painted the hull again, although nobody had asked him to, and said it was for luck."
STOPPED_WITHIN = 10.0


def requests_for_posts(here: Stage) -> int:
    """Give how many posts have reached the sandbox; one it is slow about counts when it is answered."""
    listed = httpx.get(here.admin("faults"), trust_env=False).raise_for_status().json()
    return sum(fault["fired"] for fault in listed["faults"])


def ended(here: Stage, name: str) -> bool:
    return any(event["type"] == "run.succeeded" for event in here.events_of(name))


def add(here: Stage, name: str, *, slow: float) -> None:
    """Add a template about whose post the sandbox is slow: it waits first and writes then."""
    here.fault("slow", seconds=slow, match={"method": "POST", "path": "/x/tweets", "text_contains": f"the {name} mate"})
    here.add_template(name, text=TEXT.format(name=name), callbackUrl=here.receiver_url)


def refused(here: Stage) -> Process:
    """Start a daemon that must not run."""
    second = here.daemon()
    assert second.wait_for_end() == 5, second.printed
    return second


def test_a_daemon_frozen_in_the_middle_of_a_send_posts_once_and_lets_no_second_one_in(tmp_path: Path) -> None:
    with stage(tmp_path) as here:
        add(here, "frozen", slow=1)
        daemon = here.daemon()
        wait_for(partial(requests_for_posts, here), "the request")
        daemon.popen.send_signal(signal.SIGSTOP)
        try:
            second = refused(here)
            assert "another daemon" in second.printed
            assert str(daemon.popen.pid) in second.printed
            wait_for(partial(here.tweets, "the frozen mate"), "the write that the daemon does not see")
        finally:
            daemon.popen.send_signal(signal.SIGCONT)
        wait_for(partial(ended, here, "frozen"), "the end of the run")
        assert len(here.tweets("the frozen mate")) == 1


def test_a_daemon_that_is_told_to_stop_ends_soon_and_the_next_one_goes_on(tmp_path: Path) -> None:
    with stage(tmp_path) as here:
        for name in ("first", "second"):
            add(here, name, slow=1.5)
        daemon = here.daemon()
        wait_for(partial(requests_for_posts, here), "the first request")
        told = time.monotonic()
        assert daemon.stop() == 0, daemon.printed
        assert time.monotonic() - told < STOPPED_WITHIN
        assert "Traceback" not in daemon.printed

        next_one = here.daemon()
        for name in ("first", "second"):
            wait_for(partial(ended, here, name), f"the end of {name}")
            assert len(here.tweets(f"the {name} mate")) == 1
        assert next_one.stop() == 0


def test_a_daemon_stops_soon_while_a_callback_hangs(tmp_path: Path) -> None:
    with stage(tmp_path) as here:
        here.add_template("hanging", text=TEXT.format(name="hanging"), callbackUrl=f"{here.receiver_url}/hang")
        daemon = here.daemon()
        wait_for(partial(here.tried, "/hang"), "the callback")
        told = time.monotonic()
        assert daemon.stop() == 0, daemon.printed
        assert time.monotonic() - told < STOPPED_WITHIN
        assert len(here.tweets("the hanging mate")) == 1
