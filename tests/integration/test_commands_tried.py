"""Every command that writes can be tried with --dry-run: it says what it would do, and changes and sends nothing."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from PIL import Image

from commands import reference, wiring
from domain.draft import Draft, Part
from domain.event import EventType
from domain.publication import Outcome, PostStatus, Settlement
from domain.run import Hold
from domain.token import Scope, Token
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from settings import load
from storage import events, publications, restored, runs, tokens, webhooks
from storage.cipher import FernetCipher, load_or_create_key
from storage.database import Database
from tests.integration.command_line import FILE, CommandLine
from tests.integration.storage_values import NOW, event, held_run, post, publication, webhook, written
from tests.integration.test_commands_outside import RSS, serving

ACCOUNT = "ostinato_demo"
READS = {
    "account list", "budget", "calendar list", "callback list", "completion", "doctor", "events", "feed entries",
    "feed list", "file list", "file show", "logs", "model test", "post list", "post show", "project list",
    "project show",
    "research list", "research recurring list", "research recurring show", "research show", "run list", "run show",
    "run why", "schema", "score", "style compare", "style list", "style show", "template list", "template plan",
    "template preview", "template show", "template why", "token list",
}  # fmt: skip
SERVES = {"daemon", "sandbox", "serve"}
# Each command that writes, with words that let it do so; {…} stand for what `Stage` made.
WRITES = {
    "account budget": "ostinato_demo --day 1",
    "account resume": "acme",
    "account set": "ostinato_demo --gap 1h",
    "backup": "{out}/copy.db",
    "calendar refresh": "",
    "callback redeliver": "--all-dead",
    "callback switch-on": "w1",
    "callback test": "w1",
    "db prune": "",
    "db upgrade": "",
    "feed add": "{web}/feed.xml",
    "feed remove": "1",
    "file add": "{out}/other.png",
    "file remove": "{file}",
    "init": "--force --key-file {out}/key --account ostinato_demo --source {web}/feed.xml --name second",
    "post delete": "p1-0-0",
    "post settle": "u1-0-0 --not-posted",
    "project add": "Other --description Trams",
    "project edit": "{project} --name Other",
    "project remove": "{project}",
    "research recurring edit": "{research} --daily-count 2",
    "research recurring pause": "{research}",
    "research recurring resume": "{paused}",
    "research start": "ferries",
    "restore": "{out}/backup.db",
    "run approve": "h1 --edit 1 Better",
    "run backfill": "t-e1 --from 2026-03-20T00:00:00Z --to 2026-03-28T00:00:00Z",
    "run cancel": "q1",
    "run reject": "h1",
    "run retry": "e1",
    "secrets rotate": "",
    "status": "--ack",
    "style fetch": "marcus_builds",
    "style save": "other {out}/samples.txt",
    "template add": "{out}/new.toml",
    "template apply": "{out}/templates",
    "template delete": "morning",
    "template edit": "morning --set count=2",
    "template export": "{out}/exported",
    "template move": "morning --at {slot} --to {later}",
    "template pause": "--all",
    "template resume": "evening",
    "template run": "morning",
    "template skip": "morning --at {slot}",
    "token create": "reader --scope read",
    "token revoke": "k-reader",
}
CODES = {"status": 1}  # failures are unread still


@dataclass(frozen=True)
class Stage:
    """A home in which there is something to do for every command, beside a sandbox and a site."""

    ostinato: CommandLine
    sandbox: SandboxServer
    names: dict[str, str]

    def words(self, command: str) -> list[str]:
        return [*command.split(), *WRITES[command].format(**self.names).split()]

    def state(self) -> list[str]:
        """Everything that is in the database, but for the permits of the API key, and in files; and what was sent."""
        with closing(sqlite3.connect(self.ostinato.home / "ostinato.db")) as connection:
            rows = [line for line in connection.iterdump() if '"rate_windows"' not in line]
        files = [
            f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}"
            for path in sorted(self.ostinato.home.parent.rglob("*"))
            if path.is_file() and not path.name.startswith("ostinato.db")
        ]
        asked = httpx.get(f"{self.sandbox.admin_url}/requests", trust_env=False).json()["requests"]
        return [*rows, *files, *(f"{each['method']} {each['path']}" for each in asked if each["method"] != "GET")]


def chosen(database: Database, run_id: str) -> Hold:
    """Record a run of a template of its own up to its choice."""
    hold = held_run(database, run_id, f"t-{run_id}")
    drafts = (Draft("d0", (Part("Hello 0"),)),)
    asyncio.run(
        written(
            database,
            runs.record_gather(hold, [], [], item_ids=[], template_id=f"t-{run_id}", now=NOW),
            runs.record_drafts(hold, drafts, now=NOW),
            runs.record_choice(hold, drafts, ["d0"], "the only one", [post(hold, template_id=f"t-{run_id}")], now=NOW),
        )
    )
    return hold


def sent(database: Database, run_id: str, settlement: Settlement, status: PostStatus) -> None:
    hold = chosen(database, run_id)
    one = publication(hold, template_id=f"t-{run_id}")
    settled = publications.settle(hold, one.id, settlement, group=0, part=0, now=NOW, post_status=status)
    asyncio.run(written(database, publications.intend(hold, one), settled))


def furnish(ostinato: CommandLine, sandbox: SandboxServer, tweet: str) -> None:
    """Make a run in every state that a command asks for, a webhook, a delivery given up, and an unread failure.

    An account waits for its timeline.
    """
    settings = load({"OSTINATO_HOME": str(ostinato.home), **ostinato.environ})
    cipher = FernetCipher(load_or_create_key(settings.key_file))
    with wiring.opened(settings) as database:
        with database.write() as c:
            webhooks.upsert(c, webhook(url="https://hooks.example/in"), cipher)
            tokens.keep(c, Token("k-reader", "local", "reader", "ost_", frozenset({Scope.READ}), NOW), "digest")
            restored.mark(c, {"acme": NOW}, now=NOW, first_read_at=NOW)
        sent(database, "p1", Settlement(Outcome.CONFIRMED, "answer", tweet_id=tweet), PostStatus.PUBLISHED)
        sent(database, "u1", Settlement(Outcome.UNKNOWN, "answer"), PostStatus.UNKNOWN)
        for run_id in ("h1", "e1", "q1"):
            chosen(database, run_id)
        free = "lease_owner = NULL, leased_until = NULL"
        with database.write() as c:
            events.record(c, [event(EventType.RUN_FAILED, "t-e1")])
            for change in (
                "UPDATE posts SET account = 'ostinato_demo'",
                f"UPDATE runs SET status = 'posted', finished_at = due_at, {free} WHERE id = 'p1'",
                f"UPDATE runs SET status = 'unknown', {free} WHERE id = 'u1'",
                f"UPDATE runs SET status = 'held', held_at = due_at, {free} WHERE id = 'h1'",
                f"UPDATE runs SET status = 'queued', {free} WHERE id = 'q1'",
                f"UPDATE runs SET status = 'skipped', reason = 'nothing_new', finished_at = due_at, {free}"
                " WHERE id = 'e1'",
                "UPDATE deliveries SET status = 'dead', next_attempt_at = NULL",
                "UPDATE webhooks SET active = 0, inactive_reason = 'answered 410 Gone'",
            ):
                c.exec_driver_sql(change)


def made_of(ostinato: CommandLine, out: Path) -> dict[str, str]:
    """Make a project, two recurring researches, one of them paused, and a file; give their ids."""
    for name, colour in (("one", "red"), ("other", "blue")):
        Image.new("RGB", (10, 10), colour).save(out / f"{name}.png")
    made = {
        "project": ostinato.json("project", "add", "Acme", "--description", "Ferries"),
        "research": ostinato.json("research", "start", "trams", "--daily-count", "1"),
        "paused": ostinato.json("research", "start", "boats", "--daily-count", "1"),
        "file": ostinato.json("file", "add", str(out / "one.png")),
    }
    ids = {name: str(each["id"]) for name, each in made.items()}
    ostinato("research", "recurring", "pause", ids["paused"])
    return ids


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("tried")
    out = folder / "out"
    with (
        SandboxServer(SandboxOptions(limits=False)) as sandbox,
        serving({"/feed.xml": ("application/rss+xml", RSS)}) as web,
    ):
        environ = {
            "OSTINATO_XQUIK_URL": sandbox.base_url,
            "OSTINATO_XQUIK_KEY": "xq_test",
            "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
        }
        ostinato = CommandLine(folder / "home", environ)
        (out / "templates").mkdir(parents=True)
        (out / "templates" / "noon.toml").write_text(FILE.replace("morning", "noon"))
        (out / "new.toml").write_text(FILE.replace("morning", "new"))
        (out / "samples.txt").write_text("Calm words.\n---\nMore calm words.\n")
        (out / "key").write_text("xq_test\n")
        ostinato.add()
        ostinato.add(FILE.replace("morning", "evening"), "evening.toml")
        ostinato("template", "pause", "evening")
        ostinato("feed", "add", f"{web}/feed.xml")
        headers = {"x-api-key": "xq_test"}
        body = {"account": ACCOUNT, "text": "Hello 0"}
        answer = httpx.post(f"{sandbox.base_url}/x/tweets", json=body, headers=headers, trust_env=False)
        furnish(ostinato, sandbox, answer.json()["tweetId"])
        kept = made_of(ostinato, out)
        ostinato("backup", str(out / "backup.db"))
        first, second, *_ = ostinato.json("template", "preview", "morning")["slots"]
        slots = {"slot": first["at"], "later": second["at"].replace(":00:00.", ":30:00.")}
        yield Stage(ostinato, sandbox, {"web": web, "out": str(out), **slots, **kept})


def test_every_command_reads_writes_or_serves() -> None:
    names = {context.command_path.removeprefix("ostinato ") for context in reference.contexts()}

    assert names - READS - SERVES - set(WRITES) == set()
    assert set(WRITES) <= names


def test_every_command_that_writes_takes_dry_run_and_no_other_does() -> None:
    takes = {
        context.command_path.removeprefix("ostinato ")
        for context in reference.contexts()
        if "dry_run" in {parameter.name for parameter in context.command.params}
    }
    assert takes == set(WRITES)


@pytest.mark.parametrize("command", sorted(WRITES))
def test_what_is_tried_changes_nothing_and_sends_nothing(stage: Stage, command: str) -> None:
    before = stage.state()

    told = stage.ostinato.json(*stage.words(command), "--dry-run", code=CODES.get(command, 0))
    said = stage.ostinato(*stage.words(command), "--dry-run", code=CODES.get(command, 0)).output

    assert told["dry_run"] is True
    assert "dry run, nothing is kept:" in said.splitlines()
    assert stage.state() == before
