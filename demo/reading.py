"""Reading back what happened: SQL through `ostinato … --json`, the sandbox and the receiver over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import httpx
from pydantic import TypeAdapter

from demo.findings import Callback, Explained, Findings, Planned, RunRow, Tweet
from demo.problems import DemoError
from demo.processes import ROOT
from domain.publication import Post

SECONDS = 20.0  # the longest that one command or request may take
_POSTS = TypeAdapter(tuple[Post, ...])
_EXPLAINED = TypeAdapter(Explained)
_TWEETS = TypeAdapter(tuple[Tweet, ...])
_CALLBACKS = TypeAdapter(tuple[Callback, ...])


@dataclass(frozen=True, slots=True)
class Reading:
    """Where everything is read: the environment of the commands, and the origins of sandbox and receiver."""

    environment: Mapping[str, str]
    sandbox: str
    receiver: str

    def command(self, *words: str) -> Any:
        """Run `ostinato words… --json` and give what it printed. Raises DemoError with the command's own error."""
        try:
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-m", "cli", *words, "--json"],
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DemoError(f"`ostinato {' '.join(words)}` did not answer within {SECONDS:.0f} s") from error
        if done.returncode != 0:
            raise DemoError(f"`ostinato {' '.join(words)}`: {_message(done.stderr)}")
        return json.loads(done.stdout)

    def statuses(self) -> dict[str, str]:
        """Give the status of each template's newest run, by the template's name."""
        return {row["template"]: row["status"] for row in reversed(self._runs())}

    def runs(self) -> tuple[Explained, ...]:
        """Give every run, explained, the oldest slot first."""
        return tuple(self._explained(row) for row in reversed(self._runs()))

    def _explained(self, row: dict[str, Any]) -> Explained:
        posts = self.command("post", "list", "--run", row["id"], "--limit", "100")["posts"]
        recorded = recorded_run(self.environment["OSTINATO_HOME"], row["id"])
        return replace(
            recorded,
            run=RunRow(row["id"], row["status"], row["reason"]),
            posts=_POSTS.validate_python(posts),
        )

    def _runs(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.command("run", "list")["runs"]
        return rows

    def tweets(self) -> tuple[Tweet, ...]:
        """Give every tweet that was written through the sandbox's API, oldest first."""
        return _TWEETS.validate_python(_get(f"{self.sandbox}/_sandbox/tweets", "sandbox")["tweets"])

    def callbacks(self) -> tuple[Callback, ...]:
        """Give every request that the receiver got, in the order of their arrival."""
        return _CALLBACKS.validate_python(_get(f"{self.receiver}/received", "receiver")["received"])

    def findings(self, planned: tuple[Planned, ...], planted: str) -> Findings:
        """Read everything back."""
        return Findings(planned, self.runs(), self.tweets(), self.callbacks(), planted)


def recorded_run(home: str, run_id: str) -> Explained:
    """Read all that SQL holds about one run: material and drafts in full, with their spans."""
    # SQLAlchemy takes half a second to import, and the first pictures are shown before anything is read back.
    from scheduler.operations.why import of_run
    from storage.database import open_database

    database = open_database(f"sqlite:///{home}/ostinato.db")
    try:
        return _EXPLAINED.validate_python(asdict(of_run(database, run_id)))
    finally:
        database.close()


def _get(url: str, name: str) -> Any:
    try:
        return httpx.get(url, timeout=SECONDS, trust_env=False).raise_for_status().json()
    except httpx.HTTPError as error:
        raise DemoError(f"the {name} does not answer at {url} ({error})") from error


def _message(printed: str) -> str:
    """Give the words of the error that a command printed with --json."""
    lines = printed.strip().splitlines() or ["it ended without a word"]
    try:
        return str(json.loads(lines[-1])["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return lines[-1]
