"""The owner's own words as material: a tip, and the sentence of a countdown."""

from __future__ import annotations

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.budget import day_of
from domain.material import Material, MaterialKind
from domain.own_words import DAYS_LEFT, Countdown
from domain.pattern import Filling, fill
from domain.run import Rejected
from sources.cleaning import clean


def tip_material(tip: str, *, item_id: int | None, material_id: str) -> Material:
    """Give *tip*, cleaned, as material."""
    return Material(material_id, MaterialKind.TEXT, clean(tip), item_id=item_id, as_it_stands=True)


def tip_key(tip: str) -> str:
    """Give what tells *tip* from others: its words, however they are spaced."""
    return "tip:" + hashlib.blake2b(" ".join(clean(tip).split()).encode(), digest_size=16).hexdigest()


def read_countdown(countdown: Countdown, *, zone: str, material_id: str, now: datetime) -> Material | Rejected:
    """Give what the countdown says on the day of *now* in *zone*; on a day without words, why there is nothing to say.

    The days are those that a calendar on the wall shows: daylight saving makes none of them shorter. What is said holds
    until the next midnight.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    days = (countdown.to - today).days
    sentence = _sentence(countdown, days)
    if sentence is None:
        return Rejected("countdown", _why_silent(countdown, days), failed=False)
    reckoned = Filling(str(days), f"the days from {today} to {countdown.to} in {zone}")
    text, figures = fill(clean(sentence), {DAYS_LEFT: reckoned}.__getitem__)
    _, midnight = day_of(now, zone)
    return Material(
        material_id, MaterialKind.TEXT, text, as_it_stands=True, figures=figures, true_until=midnight, fetched_at=now
    )


def _sentence(countdown: Countdown, days: int) -> str | None:
    if countdown.days is not None and days > countdown.days:
        return None
    match days:
        case 0:
            return countdown.today
        case 1:
            return countdown.tomorrow
        case _:
            return countdown.say[days % len(countdown.say)] if days > 1 else None


def _why_silent(countdown: Countdown, days: int) -> str:
    if days < 0:
        return f"{countdown.to} has passed"
    if days > 1:
        return f"it begins {countdown.days} days before {countdown.to}, and there are {days}"
    name = "today" if days == 0 else "tomorrow"
    return f"it has no words for {'the day itself' if days == 0 else 'the day before'}: set countdown.{name}"
