"""Reading back what happened: SQL through `ostinato … --json` alone, the sandbox and the receiver over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import TypeAdapter

from demo.findings import Callback, Explained, Findings, Planned, Tweet
from demo.problems import DemoError
from demo.processes import ROOT

SECONDS = 20.0  # the longest that one command or request may take
SIDE_BY_SIDE = 3  # commands at once
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
            done = subprocess.run(  # noqa: S603 - our own program
                [sys.executable, "-m", "cli", *words, "--json"],
                cwd=ROOT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DemoError(f"`ostinato {' '.join(words)}` did not answer within {SECONDS:.0f} s") from error
        if done.returncode != 0:
            raise DemoError(f"`ostinato {' '.join(words)}`: {_message(done.stderr)}")
        return json.loads(done.stdout)

    def statuses(self) -> dict[str, str]:
        """Give the status of each template's run, by the template's name."""
        return {row["template"]: row["status"] for row in self.command("run", "list")["runs"]}

    def recorded(self) -> tuple[Explained, ...]:
        """Give every run as `ostinato run why` explains it, the oldest slot first."""
        ids = [row["id"] for row in reversed(self.command("run", "list")["runs"])]
        # Each command is a process that imports for half a second; side by side they take less.
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return tuple(pool.map(self._explained, ids))

    def _explained(self, run_id: str) -> Explained:
        said = self.command("run", "why", run_id)
        chosen = [draft["id"] for draft in said["drafts"] if draft["chosen"]]
        return _EXPLAINED.validate_python({**said, "run": said, "chosen": chosen})

    def tweets(self) -> tuple[Tweet, ...]:
        """Give every tweet that was written through the sandbox's API, oldest first."""
        return _TWEETS.validate_python(_get(f"{self.sandbox}/_sandbox/tweets", "sandbox")["tweets"])

    def callbacks(self) -> tuple[Callback, ...]:
        """Give every request that the receiver got, in the order of their arrival."""
        return _CALLBACKS.validate_python(_get(f"{self.receiver}/received", "receiver")["received"])

    def findings(self, planned: tuple[Planned, ...], runs: tuple[Explained, ...], planted: str) -> Findings:
        """Read back what there is beside the *runs* that were read."""
        return Findings(planned, runs, self.tweets(), self.callbacks(), planted)


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
