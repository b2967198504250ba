"""The processes of a campaign: sandbox, receiver, site and daemons, which come and go; and the folder of its books."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import httpx

from tests.acceptance.stage import KEY, SECRET, Process, Stage
from tests.chaos import load
from tests.chaos.below import Database
from tests.chaos.expected import Struck
from tests.chaos.orders import Orders
from tests.chaos.plan import Form
from tests.chaos.surroundings import clock
from tests.chaos.surroundings.door import Door, SiteDoor, start_receiver, start_site

DAEMON = "tests/chaos/hasty_daemon.py"
HASTE = {"LINE_LEASE": "10"}  # longer than any request to the receiver takes in a short campaign
REST = 1.0  # seconds until a daemon that has ended by itself is started again
ENDS_WITHIN = 60.0  # seconds from SIGTERM, on a machine that is slow
CREDITS = 1_000_000_000
CHANGES_EVERY = 5.0  # seconds between two changes of each feed
FIRST = 100_000  # the id of the first user, far from the sandbox's own
USER = "INSERT INTO users (id, username, name, created_at) VALUES (?, ?, ?, 0)"
CONNECT = "INSERT INTO accounts (id, user_id, created_at, updated_at) VALUES (?, ?, 0, 0)"
SETTINGS = {
    "CLOCK_STEADY_AFTER": "2",
    "OSTINATO_REQUEST_TIMEOUT": "1s",
    "OSTINATO_RATE_LIMITS": "off",
    "OSTINATO_FEED_INTERVAL": "10s",
    "OSTINATO_LOG_FILES": "0",
}


@dataclass
class Scene:
    """One campaign's processes. Daemons are known by their number, from 0."""

    stage: Stage
    form: Form
    orders: Orders
    receiver: Door
    site: SiteDoor
    database: Database
    daemons: dict[int, Process] = field(default_factory=dict)
    frozen: set[int] = field(default_factory=set)
    resting: dict[int, float] = field(default_factory=dict)  # since when, of those that have ended by themselves
    problems: list[str] = field(default_factory=list)
    named: dict[int, str] = field(default_factory=dict)  # the plan's names of the sandbox's faults, by their id
    struck: Struck = field(default_factory=lambda: Struck({}, {}))  # until all faults ended

    @property
    def folder(self) -> Path:
        return self.stage.folder

    def start(self, number: int) -> None:
        """Start a daemon, unless it lives."""
        self.resting.pop(number, None)
        if number not in self.daemons:
            settings = {**SETTINGS, **clock.environment(self.stage), **(HASTE if self.form.short else {})}
            settings["OSTINATO_DATABASE"] = self.database.of_daemon(number)
            settings["OSTINATO_LEASE"] = f"{self.form.lease}s"
            settings["OSTINATO_CALLBACK_URL"] = self.receiver.url + load.ALL
            self.daemons[number] = self.stage.start(DAEMON, environment=settings, name=f"daemon-{number}")

    def tend(self) -> None:
        """Start again what has ended by itself, as a service manager does: a daemon that finds no database ends."""
        for number, daemon in list(self.daemons.items()):
            if (code := daemon.popen.poll()) is not None:
                self.orders.write("ended", daemon=number, exit=code, said=daemon.printed[-300:])
                del self.daemons[number]
                self.resting[number] = time.monotonic()
        for number, since in list(self.resting.items()):
            if time.monotonic() - since > REST:
                self.start(number)

    def is_ready(self, number: int) -> bool:
        """Tell whether a daemon works; one that is not there is not waited for."""
        daemon = self.daemons.get(number)
        return daemon is None or "daemon.ready" in daemon.printed

    def has_posted(self, number: int) -> bool:
        """Tell whether a daemon has sent or asked about something since it started; one that is not there has."""
        daemon = self.daemons.get(number)
        return daemon is None or '"publication.' in daemon.printed

    def everyone(self) -> None:
        """Have every daemon run."""
        for number in range(self.form.daemons):
            self.thaw(number)
            self.start(number)

    def kill(self, number: int, how: signal.Signals = signal.SIGKILL) -> int | None:
        """End a daemon and give its exit code; None when it was not alive. One that does not end is a problem."""
        self.resting.pop(number, None)
        if number not in self.daemons:
            return None
        self.thaw(number)
        daemon = self.daemons.pop(number)
        daemon.popen.send_signal(how)
        try:
            return daemon.wait_for_end(within=ENDS_WITHIN)
        except TimeoutExpired:
            self.problems.append(f"daemon {number} did not end within {ENDS_WITHIN:g} s of SIGTERM: {daemon.output}")
            return daemon.stop(signal.SIGABRT)

    def freeze(self, number: int) -> None:
        if number in self.daemons:
            self.daemons[number].popen.send_signal(signal.SIGSTOP)
            self.frozen.add(number)

    def thaw(self, number: int) -> None:
        if number in self.frozen:
            self.frozen.discard(number)
            self.daemons[number].popen.send_signal(signal.SIGCONT)

    def command(self, *words: str, name: str) -> Process:
        """Start a command of the program in a process of its own."""
        return self.stage.start("cli.py", *words, "--json", environment=SETTINGS, name=name)

    def tell_sandbox(self, path: str, **body: Any) -> dict[str, Any]:
        """Ask the sandbox's admin door for something."""
        answer = httpx.post(self.stage.admin(path), json=body, trust_env=False, timeout=10)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told

    def faults(self) -> list[dict[str, Any]]:
        """Give the faults of the sandbox, each with its name in the plan and how often it has fired."""
        listed = httpx.get(self.stage.admin("faults"), trust_env=False, timeout=10).raise_for_status().json()
        return [{**each, "name": self.named.get(each["id"], each["kind"])} for each in listed["faults"]]


@contextmanager
def scene(folder: Path, form: Form, seed: int, database: Database) -> Iterator[Scene]:
    """Set the scene in an empty *folder*; whatever happens, every process is ended."""
    here = Stage(folder, "", "", folder / "book.jsonl", database.url)
    orders = Orders(folder / "orders.jsonl")
    try:
        sandbox = here.start(
            *("-m", "sandbox", "--port", "0", "--no-limits", "--repeats", "--api", form.api),
            *("--database", str(folder / "sandbox.db"), "--api-key", KEY),
            name="sandbox",
        )
        receiver = start_receiver(here, folder / "book.jsonl", seed=seed)
        site = start_site(here, folder / "site.jsonl", seed=seed, every=CHANGES_EVERY)
        here.sandbox_url = sandbox.wait_for_line(r"listening on (http://\S+)").group(1)
        here.receiver_url = receiver.url
        connect_accounts(folder / "sandbox.db", form.accounts)
        there = Scene(here, form, orders, receiver, site, database)
        orders.write("webhook", path=load.ALL, secret=SECRET)
        there.tell_sandbox("accounts/ostinato_demo", credits=CREDITS)
        yield there
    finally:
        for process in here.processes:
            with suppress(ProcessLookupError):
                process.stop(signal.SIGKILL)
        orders.close()


def connect_accounts(sandbox: Path, count: int) -> None:
    """Give the sandbox *count* accounts of the campaign's own."""
    names = [(FIRST + number, load.account(number), load.account(number)) for number in range(count)]
    with closing(sqlite3.connect(sandbox, timeout=10)) as connection, connection:
        connection.executemany(USER, names)
        connection.executemany(CONNECT, [(each, each) for each, _, _ in names])


def printed_json(process: Process) -> Mapping[str, Any]:
    """Give what an ended command printed as JSON; empty when it printed none."""
    text = process.printed
    try:
        answer = json.loads(text[text.index("{") :])
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def now() -> float:
    return time.time()
