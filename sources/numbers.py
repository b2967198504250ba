"""Numbers as people write them in tables: read exactly, and what is reckoned from them written in the same manner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

LONGEST = 40  # characters of a cell that may be a number
_SPACES = "\u00a0\u202f\u2009 "
_NUMBER = re.compile(
    rf"(?P<sign>[+−-]?)(?P<front>[^\d\s.,+−'’-]{{0,4}}[{_SPACES}]?)(?P<inner>[+−-]?)"
    rf"(?P<digits>\d(?:[\d.,'’{_SPACES}]*\d)?)(?P<back>[{_SPACES}]?[^\d\s.,'’]{{0,8}})"
)
_GROUPS = re.compile(rf"\d{{1,3}}(?:([.,'’{_SPACES}])\d{{3}}(?:\1\d{{3}})*)?")


@dataclass(frozen=True, slots=True)
class Number:
    """A number with how it was written: *front* and *back* are its unit, *mark* its decimal mark."""

    value: Decimal
    front: str
    back: str
    decimals: int
    grouping: str
    mark: str

    @property
    def is_share(self) -> bool:
        """Whether it is a percentage itself: then it changes by points."""
        return self.back.strip() in ("%", "٪", "％")


def read_number(cell: str, mark: str) -> Number | None:
    """Give the number in *cell*, whose decimal mark is *mark*; None where there is none, or not only one."""
    match = _NUMBER.fullmatch(cell.strip()) if len(cell) <= LONGEST else None
    if match is None or (match["sign"] and match["inner"]):
        return None
    whole, _, fraction = match["digits"].partition(mark)
    groups = _GROUPS.fullmatch(whole)
    if (groups is None and not whole.isdecimal()) or (fraction and not fraction.isdecimal()):
        return None
    if match["digits"].endswith(mark) or (groups and groups[1] == mark):
        return None
    plain = re.sub(r"\D", "", whole) + (f".{fraction}" if fraction else "")
    value = -Decimal(plain) if (match["sign"] or match["inner"]) in ("-", "−") else Decimal(plain)
    grouping = (groups[1] or "") if groups else ""
    return Number(value, match["front"], match["back"], len(fraction), grouping, mark)


def difference(newest: Number, before: Number) -> str:
    """Give by how much *newest* differs, with its sign and unit, such as +132 or −$4.50."""
    found = newest.value - before.value
    decimals = max(newest.decimals, before.decimals)
    grouping = newest.grouping or before.grouping
    unit = " points" if newest.is_share else newest.back
    return f"{_sign(found)}{newest.front}{_digits(abs(found), decimals, grouping, newest.mark)}{unit}"


def percent(newest: Number, before: Number) -> str | None:
    """Give the change in percent without its sign, such as 12% or 3.4%; None where there is nothing to compare with."""
    if not before.value:
        return None
    share = abs((newest.value - before.value) / before.value) * 100
    if 0 < share < Decimal("0.05"):
        return f"less than 0{newest.mark}1%"
    decimals = 0 if share >= 10 or share == share.to_integral_value() else 1
    return f"{_digits(share, decimals, '', newest.mark)}%"


def _digits(value: Decimal, decimals: int, grouping: str, mark: str) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, fraction = f"{rounded:f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", grouping)
    return f"{grouped}{mark}{fraction}" if fraction else grouped


def _sign(value: Decimal) -> str:
    return "+" if value > 0 else "−" if value < 0 else "±"
