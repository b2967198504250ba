"""What was read back after the demo's runs: from SQL through the command line, from the sandbox, from the receiver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.draft import Draft
from domain.material import Material
from domain.publication import Post
from domain.run import Rejected


@dataclass(frozen=True, slots=True)
class Planned:
    """What a template of the demo is meant to do. *reason* is the code of the one that must not post."""

    name: str
    account: str
    type: str  # "tweet" or "thread"
    callback_data: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    id: str
    status: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a run and what SQL says about telling it."""

    event: str
    status: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One run as `ostinato run why` explains it."""

    template: str
    run: RunRow
    sentence: str
    material: tuple[Material, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    drafts: tuple[Draft, ...] = ()
    chosen: tuple[str, ...] = ()
    choice_reason: str | None = None
    posts: tuple[Post, ...] = ()
    callbacks: tuple[Told, ...] = ()

    @property
    def winners(self) -> tuple[Draft, ...]:
        return tuple(draft for draft in self.drafts if draft.id in self.chosen)

    @property
    def parts(self) -> tuple[Post, ...]:
        return tuple(sorted(self.posts, key=lambda post: (post.group, post.part)))


@dataclass(frozen=True, slots=True)
class Tweet:
    """A tweet that the sandbox holds, whoever asked for it."""

    id: str
    account: str
    text: str
    reply_to: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A request that the receiver got. *problem* is what its signature check said; None is a genuine callback."""

    headers: Mapping[str, str]
    body: str
    problem: str | None

    @property
    def event(self) -> dict[str, Any]:
        """The body as JSON; empty when it is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def type(self) -> str:
        return str(self.event.get("type", ""))

    @property
    def template(self) -> str:
        return str(self._data("template").get("name", ""))

    @property
    def run_id(self) -> str:
        return str(self._data("run").get("id", ""))

    @property
    def callback_data(self) -> object:
        return (self.event.get("data") or {}).get("callbackData")

    def _data(self, name: str) -> dict[str, Any]:
        return (self.event.get("data") or {}).get(name) or {}


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the checks look at. *planted* is a text that must have come out nowhere."""

    planned: tuple[Planned, ...]
    runs: tuple[Explained, ...] = ()
    tweets: tuple[Tweet, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    planted: str = ""

    def runs_of(self, name: str) -> tuple[Explained, ...]:
        return tuple(run for run in self.runs if run.template == name)

    @property
    def published(self) -> tuple[Explained, ...]:
        return tuple(run for run in self.runs if run.posts)
