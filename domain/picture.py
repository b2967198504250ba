"""Pictures: what a post carries beside its text, what one was drawn from, and how it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

ALT_LIMIT = 1_000  # characters; X's own limit


class PictureKind(StrEnum):
    IMAGE = "image"  # the owner's own
    BAR_CHART = "bar_chart"
    DATA_TABLE = "data_table"


class Charts(StrEnum):
    """Whether a post gets a picture of the numbers in its material."""

    NONE = "none"
    AUTO = "auto"  # where the material has two or more comparable numbers


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """The owner's own picture: at *url*, read when a post is published, or in the kept file whose id is *file*.

    *alt* says what it shows, for those who cannot see it.
    """

    url: str | None = None
    file: str | None = None
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One of several comparable numbers: what it is about, its value, and how its source writes it."""

    label: str
    value: Decimal
    shown: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Numbers of one source that can be compared: they have the same unit, or stand in the same column.

    *measure* says what is counted, *unit* in what; either may be empty. *table* is the whole table that the bars are a
    column of, its header first; empty where they stood in a list or a sentence. *material_id* names the source.
    """

    material_id: str
    title: str
    measure: str
    unit: str
    bars: tuple[Bar, ...]
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a post: *blob* names its bytes, or *url* where they are. *drawn* is what it shows, to be checked."""

    kind: PictureKind
    alt: str = ""
    blob: str | None = None
    url: str | None = None
    drawn: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """An uploaded picture as one publication sends it: whoever sends its key again sends it again.

    *by_url* sends *media_url* where else *media_id* is sent: some servers take only one of them.
    """

    media_id: str
    media_url: str | None
    alt: str
    uploaded_at: datetime
    by_url: bool = False
    charged: int | None = None  # credits, where the answer says how many were taken
