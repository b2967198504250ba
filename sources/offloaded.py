"""The doors into the process pool: importable without the heavy libraries that stand behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.calendar import Span
from domain.material import FeedRead

if TYPE_CHECKING:
    from sources.parsing.page import ExtractedPage
    from sources.parsing.picture import PictureFacts
    from sources.parsing.table import Rows


class NotAFeed(ValueError):
    """What was read is no feed; the sentence says what it is. (A SourceError does not survive pickling.)"""


class NotATable(ValueError):
    """What was read is no CSV table; the sentence says what is wrong."""


class NotACalendar(ValueError):
    """What was read is no calendar that can be used; the sentence says why."""


class NotAPicture(ValueError):
    """What was read is no picture that can be used; the sentence says why."""


def extract_page(body: bytes, url: str, charset: str | None) -> ExtractedPage:
    """Take an HTML page apart; see `sources.parsing.page.extract`."""
    from sources.parsing.page import extract

    return extract(body, url, charset)


def extract_text(body: bytes, charset: str | None) -> ExtractedPage:
    """Take a plain text as a page; see `sources.parsing.page.extract_plain`."""
    from sources.parsing.page import extract_plain

    return extract_plain(body, charset)


def parse_feed(body: bytes, url: str, content_type: str) -> FeedRead:
    """Take a feed apart; see `sources.parsing.feed.parse`. Raises NotAFeed."""
    from sources.parsing.feed import parse

    return parse(body, url, content_type)


def parse_table(body: bytes, charset: str | None, newest_first: bool) -> Rows:
    """Take a CSV table apart; see `sources.parsing.table.parse`. Raises NotATable."""
    from sources.parsing.table import parse

    return parse(body, charset, newest_first=newest_first)


def parse_calendar(body: bytes, years: tuple[int, int] | None) -> tuple[Span, ...]:
    """Take a calendar apart; see `sources.parsing.calendar.parse`. Raises NotACalendar."""
    from sources.parsing.calendar import parse

    return parse(body, years)


def examine_picture(content: bytes, media_type: str, recognise: bool) -> PictureFacts:
    """Take a picture apart; see `sources.parsing.picture.examine`. Raises NotAPicture."""
    from sources.parsing.picture import examine

    return examine(content, media_type, recognise=recognise)
