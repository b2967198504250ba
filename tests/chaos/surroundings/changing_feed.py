"""A feed whose entries come, go, change places and come back. Pure: the caller brings the chance and the time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

SHOWN = 12  # entries that a feed shows at most
CHANGES = {"add": 6, "reorder": 2, "drop": 2, "recase": 2, "track": 2, "republish": 3, "edit": 1}  # with their weights
TAILS = ("", "/", "#comments", "?utm_source=feed&utm_campaign={}", "?fbclid={}", "/?utm_medium=rss&gclid={}#top")
WHERE = ("quay", "pier", "lighthouse", "ferry landing", "dry dock", "fish market", "customs house", "old mole")
WHAT = ("repaired", "painted", "measured", "cleaned", "closed for a day", "opened to visitors", "lit at night", "sold")
WHO = ("the harbour master", "the pilots", "the town council", "two carpenters", "the school", "a widow", "the crews")


@dataclass(frozen=True, slots=True)
class Story:
    """One entry: what it is stays, how it stands in the feed changes. *number* and the feed's name make it unique."""

    number: int
    at: datetime
    upper: bool = False  # its guid is in capitals
    tail: str = ""  # what is added to its link, which leads to the same page all the same
    edited: int = 0


@dataclass(slots=True)
class ChangingFeed:
    """A feed by its *name*; *stories* are all it ever had, *shown* their numbers in the order of the feed."""

    name: str
    form: str  # "rss" or "atom"
    base: str
    stories: dict[int, Story] = field(default_factory=dict)
    shown: list[int] = field(default_factory=list)

    def change(self, chance: random.Random, now: datetime) -> tuple[str, int]:
        """Make one change and give its name and the number of the story that it concerns (0: all of them)."""
        kind = chance.choices([*CHANGES], [*CHANGES.values()])[0]
        if kind == "add" or len(self.shown) < 2:
            return "add", self.add(now)
        if kind == "reorder":
            chance.shuffle(self.shown)
            return kind, 0
        if kind == "drop":
            oldest = min(self.shown)
            self.shown.remove(oldest)
            return kind, oldest
        number = chance.choice([*self.stories] if kind == "republish" else self.shown)
        story = self.stories[number]
        if kind == "republish":  # maybe long after it was dropped
            self._show(number)
            story = replace(story, at=now)
        elif kind == "recase":
            story = replace(story, upper=not story.upper)
        elif kind == "track":
            story = replace(story, tail=chance.choice(TAILS).format(chance.randrange(1000)))
        else:
            story = replace(story, edited=story.edited + 1)
        self.stories[number] = story
        return kind, number

    def add(self, now: datetime) -> int:
        """Add a new story at the top; give its number, from 1."""
        number = len(self.stories) + 1
        self.stories[number] = Story(number, now)
        self._show(number)
        return number

    def _show(self, number: int) -> None:
        self.shown = [number, *(each for each in self.shown if each != number)][:SHOWN]

    def link(self, story: Story) -> str:
        return f"{self.base}/stories/{self.name}/{story.number}{story.tail}"

    def guid(self, story: Story) -> str:
        guid = f"{self.name}-story-{story.number}"
        return guid.upper() if story.upper else guid

    def title(self, story: Story) -> str:
        return f"Story {story.number} of {self.name}: the {WHERE[story.number % len(WHERE)]}"

    def text(self, story: Story) -> str:
        """Give three sentences that no other story has."""
        n = story.number
        where, what, who = WHERE[n % len(WHERE)], WHAT[n // 8 % len(WHAT)], WHO[n % len(WHO)]
        first = f"Story {n} of {self.name} says that the {where} was {what} by {who} after {n} quiet weeks."
        second = (
            f"Nobody in {self.name} had asked {who} for it, and {n} people came to look at the {where} all the same."
        )
        third = f"The {where} stays as it is until the next {n} ships have passed, they say."
        return " ".join((first, second, third, *(["One word was corrected since."] * story.edited)))

    def body(self) -> bytes:
        """Give the feed's document."""
        return (self._atom() if self.form == "atom" else self._rss()).encode()

    def _rss(self) -> str:
        items = "".join(
            f"<item><title>{escape(self.title(story))}</title><link>{escape(self.link(story))}</link>"
            f'<guid isPermaLink="false">{self.guid(story)}</guid><pubDate>{format_datetime(story.at)}</pubDate>'
            f"<description>{escape(self.text(story))}</description></item>"
            for story in self._stories()
        )
        head = f"<title>{self.name}</title><link>{self.base}/</link><description>What changes</description>"
        return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>'

    def _atom(self) -> str:
        entries = "".join(
            f'<entry><title>{escape(self.title(story))}</title><link href="{escape(self.link(story))}"/>'
            f"<id>{self.guid(story)}</id><updated>{_moment(story.at)}</updated>"
            f"<published>{_moment(story.at)}</published>"
            f'<content type="text">{escape(self.text(story))}</content></entry>'
            for story in self._stories()
        )
        head = f"<title>{self.name}</title><id>{self.base}/{self.name}</id><updated>2026-01-01T00:00:00Z</updated>"
        return f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'

    def _stories(self) -> list[Story]:
        return [self.stories[number] for number in self.shown]

    def page(self, number: int) -> str:
        """Give the page that a story's link leads to."""
        story = self.stories[number]
        words = f"<h1>{escape(self.title(story))}</h1><p>{escape(self.text(story))}</p>"
        return (
            f"<!doctype html><html><head><title>{escape(self.title(story))}</title></head><body>{words}</body></html>"
        )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
