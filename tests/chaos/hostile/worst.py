"""The worst cases, served by a process of their own for a daemon to read."""

from __future__ import annotations

import asyncio
import re
import sys

from tests.chaos.hostile.case import Case, reply
from tests.chaos.hostile.corpus import corpus
from tests.chaos.hostile.documents import page
from tests.chaos.hostile.site import hostile_site

NAMES = (
    "serves a stream of 200 MB",
    "serves silence",
    "serves redirects for ever",
    "serves a gzip bomb",
    "serves a bare deflate bomb",
    "redirects to the metadata of a cloud",
    "redirects to a file",
    "answers with escapes in the status",
    "answers with a header of a megabyte",
    "answers with ten thousand headers",
    "nothing but zero bytes",
    "a feed with a billion laughs",
    "a feed with quadratic entities",
    "a feed with an entity of a file",
    "a feed with ten thousand entries",
    "a feed with ten thousand levels of HTML in an entry",
    "a feed with a text of four megabytes",
    "a page with ten thousand levels",
    "a page with a hundred thousand paragraphs",
    "a page with stops for ever",
    "a page with an attribute of two megabytes",
    "an entry whose link is words behind it",
    "an entry whose link is a script",
    "an order for an entry's title",
    "an order in letters of tags",
    "an order in escapes of a terminal",
    "a head with a name that orders",
    "a head with a number that nobody sees",
    "hidden in a page: white on white",
    "hidden in a page: a comment",
)
ENDLESS = (
    "serves a letter at a time, a drop for ever",
    "serves chunks for ever",
    "a page with a hundred thousand attributes",
)
HONEST = "honest"


def worst(*, endless: bool) -> dict[str, Case]:
    """Give the worst cases by what they are called in addresses; *endless* ones take a daemon the whole 30 s."""
    names = (*NAMES, *ENDLESS) if endless else NAMES
    found = {case.name: case for case in corpus()}
    return {slug(name): found[name] for name in names}


def slug(name: str) -> str:
    """Give *name* as a template may be called."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


async def serve(*, endless: bool) -> None:
    """Serve them and an honest page until the end."""
    answers = {name: case.make() for name, case in worst(endless=endless).items()}
    async with hostile_site({**answers, HONEST: reply(page())}) as url:
        print(f"site listening on {url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(endless="endless" in sys.argv))
