"""Doing what the plan says, and what the owner does meanwhile, each written into the book of orders first."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.acceptance.stage import Process
from tests.chaos import load
from tests.chaos.below import Below
from tests.chaos.ledger import Ledger
from tests.chaos.plan import Act
from tests.chaos.scene import CREDITS, Scene, now, printed_json
from tests.chaos.surroundings import clock

WRONG_INPUT = 2  # the exit code of what would fail again
ONCE_UNTIL = 2 * 3600.0  # seconds after which no "once" template has a slot
SHORTEST_MINUTES = 70.0  # a campaign that is shorter may have no whole minute in it


class Acting:
    """Performs acts on a scene, one at a time; commands run on beside it until `settle` looks at them."""

    def __init__(self, here: Scene, ledger: Ledger, below: Below) -> None:
        self._here = here
        self._ledger = ledger
        self._began = now()
        self._minutes_until = self._began + here.form.seconds
        self._documents: dict[str, dict[str, Any]] = {}
        self._folders: dict[str, list[str]] = {}
        self._tried: dict[str, list[float]] = {}  # when each folder was applied
        self._to_apply: deque[str] = deque()
        self._applying: dict[str, Process] = {}
        self._cancelling: dict[str, Process] = {}
        self._secrets: dict[str, str | None] = {}
        self._deeds: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "apply": lambda fields: self.apply(f"batch-{fields['batch']:03}", self._batch(fields["batch"])),
            "kill": self._kill,
            "term": self._term,
            "start": lambda fields: here.start(fields["daemon"]),
            "stop": lambda fields: here.freeze(fields["daemon"]),
            "continue": lambda fields: here.thaw(fields["daemon"]),
            "cancel": self._cancel,
            "fault": lambda fields: self._fault(fields),
            "credits": lambda fields: self._account("ostinato_demo", credits=0 if fields["gone"] else CREDITS),
            "token": self._token,
            "receiver": self._receiver,
            "clock": self._clock,
            "lock": lambda fields: below.lock(on=fields["on"]),
            "disk": lambda fields: below.fill_disk(on=fields["on"]),
            "postgresql": below.postgresql,
            "account": lambda fields: self._account(
                load.account(fields["account"]), health="needsReauth" if fields["gone"] else "healthy"
            ),
        }

    def perform(self, act: Act) -> None:
        """Do one thing; what is an order of its own writes it itself."""
        if act.do not in {"apply", "cancel", "start"}:
            self._here.orders.write(act.do, **act.fields)
        self._deeds[act.do](act.fields)

    @property
    def busy(self) -> bool:
        return bool(self._to_apply or self._applying or self._cancelling)

    def settle(self) -> None:
        """Note what has ended: commands, of which failed ones come again, and daemons, which are started again."""
        for name, process in list(self._applying.items()):
            code = process.popen.poll()
            if code is None:
                continue
            del self._applying[name]
            if code == WRONG_INPUT:
                raise AssertionError(process.printed)
            if code != 0:
                self._here.orders.write("refused", folder=name, exit=code, said=process.printed[-300:])
                self._to_apply.append(name)
                continue
            for each in printed_json(process)["templates"]:
                tried = self._tried[name][-1 if each["action"] == "created" else 0]
                self._template(each["name"], tried, each.get("callback_secret"), done=True)
        for run, process in list(self._cancelling.items()):
            if process.popen.poll() is not None:
                del self._cancelling[run]
                answered = printed_json(process).get("answer")
                self._here.orders.write("cancel", run=run, answered=answered, done=True)
        self._apply_next()
        self._here.tend()

    def apply(self, name: str, documents: list[dict[str, Any]]) -> None:
        """Have a folder of templates made true by `template apply`."""
        folder = self._here.folder / "templates" / name
        folder.mkdir(parents=True)
        self._folders[name] = [document["name"] for document in documents]
        for document in documents:
            self._documents[document["name"]] = document
            (folder / f"{document['name']}.json").write_text(json.dumps(document))
        self._to_apply.append(name)
        self.settle()

    def _batch(self, number: int) -> list[dict[str, Any]]:
        here = self._here
        documents = load.batch(here.form, number, here.receiver.url, self._began + ONCE_UNTIL)
        if number == 0 and here.form.seconds > SHORTEST_MINUTES:
            documents += load.minutes(here.form, here.receiver.url, self._minutes_until)
            documents += load.feeds(here.form, here.site.url, self._minutes_until)
        return documents

    def _apply_next(self) -> None:
        """Apply one folder at a time, as one owner does: many at once would keep the daemon from SQLite."""
        if self._to_apply and not self._applying:
            name = self._to_apply.popleft()
            folder = str(self._here.folder / "templates" / name)
            self._tried.setdefault(name, []).append(now())
            for each in self._folders[name]:
                self._template(each, self._tried[name][-1], None)
            self._applying[name] = self._here.command("template", "apply", folder, "--as", name, name="apply")

    def _template(self, name: str, since: float, secret: str | None, *, done: bool = False) -> None:
        document = self._documents[name]
        minute = "cron" in document.get("schedule", {})
        more: dict[str, Any] = {"done": True} if done else {}
        url = document.get("callbackUrl")
        self._secrets[name] = secret or self._secrets.get(name)
        self._here.orders.write(
            "template",
            name=name,
            account=document["account"],
            path=urlsplit(url).path if url else None,
            secret=self._secrets[name],
            slots="minute" if minute else "once",
            **{"from": since, "until": self._minutes_until if minute else None},
            **more,
        )

    def _kill(self, fields: Mapping[str, Any]) -> None:
        self._here.kill(fields["daemon"])

    def _term(self, fields: Mapping[str, Any]) -> None:
        code = self._here.kill(fields["daemon"], signal.SIGTERM)
        self._here.orders.write("term", **fields, exit=code, done=True)

    def _cancel(self, fields: Mapping[str, Any]) -> None:
        """Cancel one of the runs that wait, by the plan's chance."""
        try:
            waiting = self._ledger.waiting_runs()
        except (sqlite3.Error, psycopg.Error):
            return  # the database is what is broken just now
        if not waiting:
            return
        run = random.Random(fields["pick"]).choice(waiting)
        self._here.orders.write("cancel", run=run, answered=None)
        self._cancelling[run] = self._here.command("run", "cancel", run, name="cancel")

    def _fault(self, fields: Mapping[str, Any]) -> None:
        asked = {name: value for name, value in fields.items() if name != "name"}
        added = self._here.tell_sandbox("faults", times=None, **asked)
        self._here.named[added["id"]] = fields["name"]

    def _account(self, name: str, **fields: Any) -> None:
        self._here.tell_sandbox(f"accounts/{name}", **fields)

    def _token(self, fields: Mapping[str, Any]) -> None:
        """A token that expires meets the next few posts; it is renewed when they are through."""
        if fields["gone"]:
            expired = {"status": 401, "times": 5, "match": {"path": "/x/tweets"}}
            self._here.named[self._here.tell_sandbox("faults", kind="error", **expired)["id"]] = "token"

    def _receiver(self, fields: Mapping[str, Any]) -> None:
        receiver = self._here.receiver
        if "down" in fields:
            receiver.down() if fields["down"] else receiver.up()
        else:
            receiver.fault(**fields)

    def _clock(self, fields: Mapping[str, Any]) -> None:
        clock.stepped(self._here.stage, fields["seconds"])
