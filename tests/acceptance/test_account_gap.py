"""A daemon is killed with SIGKILL after an account's post; the next one keeps the account's gap from it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.stage import Stage, stage, wait_for

GAP = timedelta(seconds=7)  # longer than a worker waits for an account
WORDS = "The harbour master counts the boats of {name} at dawn and again at dusk, whatever the weather."


def posted(here: Stage) -> list[str]:
    return [name for name in ("one", "two") if any(each.tweet_id for each in here.publications(name))]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("point", ["after:send", "after:settle"])
def test_the_gap_of_an_account_outlives_the_daemon(tmp_path: Path, point: str) -> None:
    with stage(tmp_path, api="durable") as here:
        here.run("account", "set", "Ostinato_Demo", "--gap", f"{GAP.seconds}s")
        here.add_template("one", text=WORDS.format(name="one"))
        killed = here.daemon(CRASH_AT=point)
        assert killed.wait_for_end() == -9, killed.printed
        here.add_template("two", text=WORDS.format(name="two"))
        daemon = here.daemon()
        wait_for(lambda: len(posted(here)) == 2, "both posts", within=40)
        daemon.stop()

        first, second = sorted(each.intended_at for name in ("one", "two") for each in here.publications(name))
        assert second - first >= GAP
        assert len(here.tweets("harbour")) == 2
