"""The demo's stage: its processes, its templates, and the waiting until everything has happened."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from demo import story
from demo.asking import Asked
from demo.breaking import OTHER_SECRET, tamper
from demo.findings import Explained, Findings, Planned
from demo.planning import plan, write_templates
from demo.problems import DemoError
from demo.processes import Processes, clean_environment
from demo.reading import Reading
from demo.site import PLANTED

KEY = "xq_" + "0123456789abcdef" * 4  # the sandbox of the demo takes this one and no other
SECRET = "whsec_" + "b3N0aW5hdG8gZGVtbyBzZWNyZXQgMDEyMzQ1"
LOOK_EVERY = 0.2  # seconds between two looks for news while waiting
ASK_EVERY = 1.5  # seconds between two questions when there is none

OF_THE_SOURCE = frozenset({"sources_failed", "nothing_new", "no_draft", "score_too_low"})  # reasons a reader can mend


class Stage:
    """Runs the demo in the folder of *processes*; `play` gives what was read back."""

    def __init__(self, asked: Asked, processes: Processes, out: Console) -> None:
        self.out = out
        self.origins: dict[str, str] = {}
        self._asked = asked
        self._home = processes.home
        self._processes = processes
        self._began = time.monotonic()
        self._files: tuple[Path, ...] = ()
        self._reading = Reading({}, "", "")
        self._statuses: dict[str, str] = {}  # of the runs, as last read
        self._runs: tuple[Explained, ...] = ()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds until the time limit."""
        return self._asked.limit - self.elapsed

    @property
    def page(self) -> str:
        return self._asked.page or f"{self.origins['site']}/page"

    @property
    def feed(self) -> str:
        return self._asked.feed or f"{self.origins['site']}/feed.xml"

    @property
    def places(self) -> list[tuple[str, str]]:
        return [
            ("sandbox", f"{self.origins['sandbox']}/  its timeline, to be opened in a browser"),
            ("page", self.page),
            ("feed", self.feed),
            ("receiver", f"{self.origins['receiver']}/received"),
            ("home", f"{self._home}  database, templates and logs"),
        ]

    @property
    def look_inside(self) -> str:
        """A command that shows the runs, for a shell in the project's folder."""
        return f"OSTINATO_HOME={self._home / 'home'} .venv/bin/ostinato run list"

    def set_up(self) -> None:
        """Start the processes and wait until each is ready."""
        secret = OTHER_SECRET if "wrong_secret" in self._asked.broken else SECRET
        quiet = clean_environment(os.environ)
        self.out.print(story.heading("Ostinato: a template becomes a post, and somebody is told"))
        with self._progress("starting the sandbox, a site to read, and a receiver of callbacks"):
            sandbox = ("--port", "0", "--api-key", KEY, "--database", str(self._home / "sandbox.sqlite3"))
            self._processes.start("sandbox", "sandbox", *sandbox, environment=quiet)
            self._processes.start("site", "demo.site", environment=quiet)
            self._processes.start("receiver", "demo.receiver", environment=quiet | {"DEMO_CALLBACK_SECRET": secret})
            for name in ("site", "receiver", "sandbox"):
                self.origins[name] = self._processes.origin(name, self.left)
            self.origins["sandbox"] = self.origins["sandbox"].removesuffix("/api/v1")
        self._reading = Reading(quiet | self._settings(), self.origins["sandbox"], self.origins["receiver"])
        with self._progress("starting the daemon"):
            self._processes.start("daemon", "cli", "daemon", environment=self._reading.environment)
            self._processes.wait_for("daemon", "daemon.ready", self.left)
        self.out.print(story.places(self.places))
        if "site_gone" in self._asked.broken:
            self._processes.stop("site")

    def _settings(self) -> dict[str, str]:
        return {
            "OSTINATO_HOME": str(self._home / "home"),
            "OSTINATO_XQUIK_URL": f"{self.origins['sandbox']}/api/v1",
            "OSTINATO_XQUIK_KEY": KEY,
            "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
            "OSTINATO_CALLBACK_URL": f"{self.origins['receiver']}/",
            "OSTINATO_CALLBACK_SECRET": SECRET,
            "OSTINATO_THREAD_GAP": "200ms",
        }

    def add_templates(self) -> None:
        """Write the template files, show them, and add them while the daemon runs."""
        self._files = write_templates(self._home / "templates", page=self.page, feed=self.feed)
        self.out.print(story.heading("Three templates, each a file, added while the daemon runs"))
        for file in self._files:
            self.out.print(story.template_file(file))
        if "daemon_killed" in self._asked.broken:  # before it has anything that it could finish first
            self._processes.send("daemon", signal.SIGKILL)
        with self._progress("adding them: ostinato template add"):
            for file in self._files:
                self._reading.command("template", "add", str(file))

    def play(self) -> Findings:
        """Wait until every run has ended and its callbacks arrived, and read everything back.

        Raises DemoError when that takes too long, or a template that was to post did not.
        """
        planned = plan(self._files)
        with self._progress("the daemon gathers, writes, scores, posts and tells") as say:
            self._wait(lambda: self._runs_ended(planned, say), lambda: self._missing_runs(planned))
            as_planned = all(self._statuses.get(one.name) == "posted" for one in planned if one.reason is None)
            runs = () if as_planned else self._reading.recorded()
            for one in planned:
                if words := complaint(one, runs, self._asked):
                    raise DemoError(words, log=self._log_of_failure(one, runs))
            if self._asked.broken & {"extra_tweet", "deleted_tweet"}:
                tamper(self._asked.broken, f"{self.origins['sandbox']}/api/v1", KEY, self._reading.tweets())
            self._wait(lambda: self._told(say), lambda: "callbacks that have not arrived")
        return self._reading.findings(planned, self._runs, PLANTED)

    def _log_of_failure(self, planned: Planned, runs: tuple[Explained, ...]) -> str:
        """Give the daemon's last words, unless the source alone is to blame."""
        of_source = any(run.run.reason in OF_THE_SOURCE for run in runs if run.template == planned.name)
        return "" if of_source else self._processes.tail("daemon")

    def _runs_ended(self, planned: tuple[Planned, ...], say: Callable[[str], None]) -> bool:
        self._statuses = self._reading.statuses()
        ended = [one.name for one in planned if self._statuses.get(one.name, "queued") not in ("queued", "working")]
        say(f"{len(ended)} of {len(planned)} runs ended, {len(self._reading.tweets())} tweets out")
        return len(ended) == len(planned)

    def _missing_runs(self, planned: tuple[Planned, ...]) -> str:
        statuses = self._reading.statuses()
        return ", ".join(f"{one.name} is {statuses.get(one.name, 'not planned')}" for one in planned)

    def _told(self, say: Callable[[str], None]) -> bool:
        """Tell whether SQL says that every event was delivered; a refused callback is waited for no longer."""
        received = self._reading.callbacks()
        say(f"{len(received)} callbacks received")
        self._runs = self._reading.recorded()
        told = [each for run in self._runs for each in run.callbacks]
        refused = any(each.problem for each in received)
        return refused or (bool(told) and all(each.status == "delivered" for each in told))

    def _wait(self, done: Callable[[], bool], missing: Callable[[], str]) -> None:
        """Ask *done* until it holds: when the sandbox or the receiver has news, and now and then without.

        Their answers cost nothing; *done* starts commands, which take the processor from the daemon that is waited for.
        """
        known, asked_at = -1, 0.0
        while self.left >= 0:
            news = len(self._reading.tweets()) + len(self._reading.callbacks())
            if news != known or time.monotonic() - asked_at > ASK_EVERY:
                known = news
                if done():
                    return
                asked_at = time.monotonic()
            for name in self._processes.ended():
                raise DemoError(f"the {name} ended before its work was done", log=self._processes.tail(name))
            time.sleep(LOOK_EVERY)
        remedy = "give it more time with DEMO_TIMEOUT=120"
        raise DemoError(
            f"not finished within {self._asked.limit:.0f} s: {missing()}; {remedy}", log=self._processes.tail("daemon")
        )

    @contextmanager
    def _progress(self, words: str) -> Iterator[Callable[[str], None]]:
        """Show that something goes on: a spinner in a terminal, a line for each change in a pipe."""
        if not self.out.is_terminal:
            said = [""]

            def say(more: str) -> None:
                if more != said[0]:
                    said[0] = more
                    self.out.print(f"  {self.elapsed:4.1f} s  {more}")

            self.out.print(f"… {words}")
            yield say
            return
        with self.out.status(words) as status:
            yield lambda more: status.update(f"{words}: {more}  ({self.elapsed:.0f} s)")


def complaint(planned: Planned, runs: tuple[Explained, ...], own: Asked) -> str | None:
    """Say in one line why a template that was to post did not, with the remedy; None when it did, or never ran."""
    run = next((run for run in runs if run.template == planned.name), None)
    if planned.reason or run is None or run.run.status == "posted":
        return None
    said = f"{planned.name} posted nothing ({run.run.reason or run.run.status})"
    looked = "; ".join(f"{one.reference}: {one.reason}" for one in run.rejected) or run.sentence
    if run.run.reason not in OF_THE_SOURCE:
        return f"{said}: {looked}"
    name, address = ("URL", own.page) if planned.type == "tweet" else ("FEED", own.feed)
    remedy = f"name another one with {name}=…" if address else "is the demo's own site still there? run it again"
    return f"{said}: {looked}; {remedy}"
