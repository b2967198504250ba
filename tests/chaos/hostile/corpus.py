"""All hand-made cases."""

from __future__ import annotations

from tests.chaos.hostile.case import Case
from tests.chaos.hostile.cases import encodings, entries, hiding, markup, servers, speaking

FAMILIES = (servers, encodings, markup, entries, speaking, hiding)


def corpus() -> list[Case]:
    """Give every case, in the order of their families."""
    return [case for family in FAMILIES for case in family.cases()]
