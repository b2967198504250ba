"""A real daemon that reads the worst cases at once, with healthy templates beside them: what came of it."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.stage import Stage, stage, wait_for
from tests.chaos.hostile.memory import Watch
from tests.chaos.hostile.planting import planted_in, unprintable_in
from tests.chaos.hostile.worst import HONEST, worst

ENDS = frozenset({"run.succeeded", "run.skipped", "run.failed"})
_OWN_LINK = re.compile(r"https://harbour\.example/[^\s\"\\]*")
HEALTHY = {
    "ferry": "The ferry leaves the harbour at noon today, and comes back before the evening tide turns again.",
    "market": "The market by the old depot opens at seven tomorrow, and the baker promises bread for everybody.",
    "garden": "The rose garden of the museum is open until dusk this week, and its keeper answers all questions.",
}
DAEMON_MEGABYTES, CHILD_MEGABYTES, CHILDREN = 300.0, 600.0, 2  # one process of the pool, and Python's own tracker


@dataclass(frozen=True, slots=True)
class Stood:
    """What came of it: how each template's run ended, what is wrong, and the figures."""

    endings: Mapping[str, str]
    faults: tuple[str, ...]
    watch: Watch
    healthy_seconds: float
    seconds: float


def stand(folder: Path, *, endless: bool = False, within: float = 100.0) -> Stood:
    """Let a daemon read the worst cases in *folder*, until each run has ended or *within* seconds are over."""
    cases = worst(endless=endless)
    with stage(folder) as here:
        site = here.start("-m", "tests.chaos.hostile.worst", *(["endless"] if endless else []), name="site")
        url = site.wait_for_line(r"listening on (http://\S+)").group(1)
        for name, case in cases.items():
            place = f"{url}/{name}/story"
            read = {"feeds": [{"url": place, "backlog": "latest"}]} if case.kind == "feed" else {"urls": [place]}
            here.add_template(name, **read, callbackUrl=f"{here.receiver_url}/{name}")
        here.add_template(HONEST, urls=[f"{url}/{HONEST}/"], callbackUrl=f"{here.receiver_url}/{HONEST}")
        for name, text in HEALTHY.items():
            here.add_template(name, text=text, callbackUrl=f"{here.receiver_url}/{name}")
        daemon = here.daemon(OSTINATO_LOG_FORMAT="console")
        began = time.monotonic()
        with Watch(daemon.popen.pid) as watch:
            wait_for(lambda: HEALTHY.keys() <= _ended(here).keys(), "the healthy templates", within=within)
            healthy = time.monotonic() - began
            names = {*cases, HONEST, *HEALTHY}
            wait_for(lambda: names <= _ended(here).keys(), "an end of each run", within=within)
        faults = list(_wrong(here, folder, daemon.printed))
        faults += ["the daemon has ended"] if daemon.popen.poll() is not None else []
        return Stood(_ended(here), tuple(faults), watch, healthy, time.monotonic() - began)


def _ended(here: Stage) -> dict[str, str]:
    """Give how each template's run ended, by the callbacks received."""
    found: dict[str, str] = {}
    for line in here.received():
        event = line["event"]
        if event["type"] in ENDS:
            data: dict[str, Any] = event["data"]
            found[data["template"]["name"]] = f"{event['type']} {data['run'].get('reason') or ''}".strip()
    return found


def _wrong(here: Stage, folder: Path, log: str) -> list[str]:
    """Give what is wrong in the tweets, the drafts, the events, the callbacks and the log."""
    tweets = [_OWN_LINK.sub("", tweet["text"]) for tweet in here.tweets("")]
    with sqlite3.connect(f"file:{folder}/home/ostinato.db?mode=ro", uri=True) as database:
        drafts = [_plain(row[0]) for row in database.execute("SELECT document FROM drafts")]
        events = [_plain(row[0]) for row in database.execute("SELECT data FROM events")]
    callbacks = [_plain(line["body"]) for line in here.received()]
    places = {"tweet": tweets, "draft": drafts, "event": events, "callback": callbacks, "log": log.splitlines()}
    faults = [
        f"a {place} holds {planted_in(text)}: {text[:300]!r}"
        for place, texts in places.items()
        for text in texts
        if planted_in(text)
    ]
    shown = {"tweet": tweets, "log": log.splitlines()}
    faults += [
        f"a {place} holds {unprintable_in(text)}: {text[:300]!r}"
        for place, texts in shown.items()
        for text in texts
        if unprintable_in(text)
    ]
    return faults


def _plain(document: str) -> str:
    """Give the JSON *document* with its letters as they are, and not in escapes, and without an entry's own link."""
    return _OWN_LINK.sub("", json.dumps(json.loads(document), ensure_ascii=False))
