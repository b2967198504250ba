"""What a campaign has posted: template documents, each text naming its template so that every post can be traced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.chaos.plan import GONE, Form

PARTS = 3  # of a thread
TWEET = "On the day of {name} the harbour master counted {number} boats at dawn, and wrote the number into the book."
PART = (
    "{name}, part {part}. The harbour master counts the boats at dawn and again at dusk, every day, whatever the"
    " weather may be, and writes both numbers of day {number} into the book."
)
MINUTES_OF = 20  # one "minute" template for so many accounts
OWN_WEBHOOK = 20  # of so many templates one has a webhook of its own
ALL = "/all"  # the path of the webhook of the settings
TIPS = 30
GRACE = "7d"  # longer than any clock here is ever ahead: what is late is posted late, and not counted away


def account(number: int) -> str:
    return f"boat_{number:03}"


def batch(form: Form, number: int, receiver: str, until: float) -> list[dict[str, Any]]:
    """Give the "once" templates of batch *number*: their publications together are the batch's share of all.

    They end at *until*, Unix seconds, so that a clock that is set forward brings no slots of the days after.
    """
    first, last = (form.publications * each // form.batches for each in (number, number + 1))
    return [*_once(form, first, last, receiver, until)]


def feeds(form: Form, site: str, until: float) -> list[dict[str, Any]]:
    """Give the templates that post what is new in feeds that change, each minute until *until*, Unix seconds."""
    return [
        {
            "name": f"feed-{number:03}",
            "account": account(number * MINUTES_OF + 1),
            "type": "tweet",
            "repeatAfter": 0,
            "minimumScore": 0,
            "feeds": [{"url": f"{site}/feeds/feed-{number:03}.rss", "backlog": "all"}],
            "scheduleEndDate": _iso(until),
            "schedule": {"cron": "* * * * *"},
        }
        for number in range(max(1, form.accounts // MINUTES_OF))
    ]


def _once(form: Form, first: int, last: int, receiver: str, until: float) -> Iterator[dict[str, Any]]:
    """Give the templates of the publications from *first* to before *last*."""
    at = first
    while at < last:
        thread = at % 10 == 7 and last - at >= PARTS
        name = f"{'thread' if thread else 'tweet'}-{at:05}"
        yield _document(name, account(at % form.accounts), thread, at, receiver, until)
        at += PARTS if thread else 1


def _document(name: str, who: str, thread: bool, number: int, receiver: str, until: float) -> dict[str, Any]:
    parts = [PART.format(name=name, part=part, number=number) for part in range(PARTS)]
    words: dict[str, Any] = (
        {"text": "\n\n".join(parts)} if thread else {"tips": [TWEET.format(name=name, number=number)]}
    )
    return {
        "name": name,
        "account": who,
        "type": "thread" if thread else "tweet",
        "dailyCount": 1,
        "repeatAfter": 0,
        "scheduleEndDate": _iso(until),
        "schedule": {"grace": GRACE},
        "callbackData": f"«{name}» \\u00e9",
        **({"callbackUrl": receiver + _path(name, number)} if number % OWN_WEBHOOK == 0 else {}),
        **words,
    }


def _path(name: str, number: int) -> str:
    """Give the path of a template's own webhook; some are gone for good."""
    return f"{GONE if number % (2 * OWN_WEBHOOK) else ''}/{name}"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def minutes(form: Form, receiver: str, until: float) -> list[dict[str, Any]]:
    """Give the templates that come due each minute until *until*, Unix seconds; half of them queue their slots."""
    return [
        {
            "name": (name := f"minute-{number:03}"),
            "account": account(number * MINUTES_OF),
            "type": "tweet",
            "repeatAfter": 0,
            "callbackUrl": f"{receiver}/{name}",
            "scheduleEndDate": _iso(until),
            "schedule": {"cron": "* * * * *", "overlap": "queue" if number % 2 else "skip"},
            "tips": [TWEET.format(name=name, number=tip) for tip in range(TIPS)],
        }
        for number in range(max(1, form.accounts // MINUTES_OF))
    ]
