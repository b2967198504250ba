"""Reading many cases one after the other, each from the hostile site."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from ipaddress import ip_network

from generators.brief import Brief
from scheduler.process_pool import ProcessPool
from sources.guard import guarded_client
from tests.chaos.hostile.case import Answer, Case
from tests.chaos.hostile.examining import BRIEFS, Examined, examine
from tests.chaos.hostile.site import hostile_site

LOOPBACK = (ip_network("127.0.0.0/8"),)
WAIT = 0.5  # seconds for each word of a server, which are 10 in the daemon


async def read_all(cases: Iterable[Case], *, every_brief: bool) -> AsyncIterator[Examined]:
    """Give what came of each case; without *every_brief* each is written about by one brief, in turn."""
    answers: dict[str, Answer] = {}
    pool = ProcessPool(seconds=3.0, megabytes=400)
    try:
        async with hostile_site(answers) as site, guarded_client(allow=LOOPBACK, timeout=WAIT) as client:
            for at, case in enumerate(cases):
                answers["story"] = case.make()
                briefs: Sequence[Brief] = BRIEFS if every_brief else BRIEFS[at % len(BRIEFS) :][:1]
                yield await examine(case, f"{site}/story", client, pool, briefs)
    finally:
        pool.close()
