"""Material: what was gathered, and how each draft can be traced back to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MaterialKind(StrEnum):
    """The names are those of the contract's `sources[].type` where it has one."""

    PAGE = "resource"
    FEED_ITEM = "feed-item"
    TEXT = "text"
    AUDIO = "audio"  # what is spoken in it
    IMAGE = "image"  # what it shows, or what is known of it
    HINTS = "spoken-hints"  # the owner's, for the writer: nothing is written about them
    RESEARCH = "deep-research"  # a passage that a report of deep research cites


@dataclass(frozen=True, slots=True)
class Figure:
    """What was filled into the owner's words: *span* is [start, end) of the text, *source* says where it comes from."""

    span: tuple[int, int]
    source: str


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The file that a material was read out of: a sound or a picture.

    *source* is its URL or its name, *digest* the SHA-256 of its content. *reader* is the model that read it, None where
    only what can be told without one is known; then *why* says why. *facts* is what is known of a picture beside what
    it shows. *blob* names the kept copy of a picture, *alt* describes it, *attach* says that the post is to show it.
    """

    source: str
    digest: str
    media_type: str
    size: int
    reader: str | None = None
    why: str = ""
    facts: str = ""
    blob: str | None = None
    alt: str = ""
    attach: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """One piece of gathered text with its provenance.

    *text* is NFC, without hidden text, zero-width and bidi controls; spans are code-point offsets into it.
    *id* is unique within its run ("m0", "m1", …). *item_id* names the feed entry, the tip or the row of a table that it
    is, if any: each is a template's once. *as_it_stands*: the owner's own words, which nobody rewrites; *figures* are
    the places in them that were filled in. From *true_until* on, what it says is no longer true. *file* is
    the sound or the picture that it was read out of. *research_id* names the research whose report cites it. *tables*
    are those of a page, each row by row, its header first.
    """

    id: str
    kind: MaterialKind
    text: str
    title: str = ""
    url: str | None = None
    site: str | None = None
    author: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    published_at: datetime | None = None
    fetched_at: datetime | None = None
    item_id: int | None = None
    as_it_stands: bool = False
    figures: tuple[Figure, ...] = ()
    true_until: datetime | None = None
    file: ReadFile | None = None
    research_id: str | None = None
    tables: tuple[tuple[tuple[str, ...], ...], ...] = ()


def picture_of(material: Iterable[Material]) -> ReadFile | None:
    """Give the picture of a run that its post is to show, or None."""
    return next((each.file for each in material if each.file and each.file.attach and each.file.blob), None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed as it was read. *guid* and *url* may be missing; *published_at* is UTC or None."""

    guid: str | None
    url: str | None
    title: str
    text: str
    published_at: datetime | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedRead:
    """What one conditional read of a feed gave. `entries` is empty when `not_modified`."""

    url: str
    entries: tuple[Entry, ...]
    title: str = ""
    site_url: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    not_modified: bool = False


@dataclass(frozen=True, slots=True)
class StyleProfile:
    """How an author writes: up to 100 of their posts, newest first. *username* is None for the owner's own samples."""

    username: str | None
    samples: tuple[str, ...]
    fetched_at: datetime | None = None
