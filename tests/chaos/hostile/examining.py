"""Reading one hostile case as a run does, in this process, and writing about it: what came of it, and what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from domain.errors import SourceError, WriterError
from domain.material import FeedRead, Material
from domain.protocols import Offload
from domain.template import PostType
from generators.brief import Brief
from generators.embedded.writer import compose
from generators.verify import problems
from sources.feed import item_material, read_feed
from sources.fetch import fetch
from sources.page import read_page
from tests.chaos.hostile.case import Case
from tests.chaos.hostile.planting import TOLD, planted_in, unprintable_in, wrong_with

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECONDS = 20.0  # for taking one document apart, and for writing about it; the pool stops it at 30
ENDLESS = 1.0  # seconds given to what would take all of the 30
ENTRIES = 3  # of a feed that are written about
BRIEFS = (
    Brief(seed="run"),
    Brief(seed="run", prompt="emoji, hashtags, ask a question, casual", link=False),
    Brief(seed="run", type=PostType.THREAD),
)
ROUNDUP = Brief(seed="run", type=PostType.THREAD, roundup=True)
PAGE_TEXT, ENTRY_TEXT, TITLE_LENGTH, LINE, REASON = 200_000, 50_000, 500, 2_048, 500


@dataclass
class Examined:
    """What came of a case. *faults* is empty when all is well."""

    name: str
    reason: str | None = None  # of the SourceError
    materials: tuple[Material, ...] = ()
    drafts: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0  # processor seconds of the longest call into the pool's work
    told: bool = False


async def examine(
    case: Case, url: str, client: httpx.AsyncClient, pool: Offload, briefs: Sequence[Brief] = BRIEFS
) -> Examined:
    """Read *case* at *url* and write about it; a heavy one is taken apart in *pool*."""
    found = Examined(case.name)

    async def here(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        with timed(found):
            return function(*args, **kwargs)

    try:
        offload = pool if case.heavy else here
        if case.kind == "page":
            found.materials = (await read_page(url, client=client, offload=offload, material_id="m0", now=NOW),)
        elif case.kind == "endless":
            await fetch(client, url, seconds=ENDLESS)
        else:
            read = await read_feed(url, client=client, offload=offload)
            found.faults += list(_sizes_of_feed(read))
            found.materials = tuple(_materials(read))
    except SourceError as error:
        found.reason = error.reason
    except Exception as error:  # noqa: BLE001 - anything else is what is looked for
        found.faults.append(f"reading raised {type(error).__name__}: {error}"[:300])
    judge(case, found, briefs)
    return found


def judge(case: Case, found: Examined, briefs: Sequence[Brief]) -> None:
    """Add what is wrong with the material, the reason and the drafts."""
    if found.reason is not None:
        found.faults += _with_reason(found.reason)
    for material in found.materials[:ENTRIES]:
        found.faults += list(_with_material(material, hidden=case.hidden))
        write(found, (material,), briefs)
    if len(found.materials) > 1:
        write(found, found.materials[:ENTRIES], [ROUNDUP])
    found.told = any(TOLD in material.text for material in found.materials)
    if case.ends == "refused" and found.reason is None and not found.faults:
        found.faults.append("it was read, and should have been refused")
    if case.ends == "read" and not found.told:
        found.faults.append(f"the story was not read: {found.reason or 'it is not in the material'}")
    if found.slowest > SECONDS:
        found.faults.append(f"one call took {found.slowest:.1f} s")


def write(found: Examined, materials: tuple[Material, ...], briefs: Sequence[Brief]) -> None:
    """Write about *materials* by each brief, and add what is wrong with the drafts."""
    own_links = frozenset(material.url for material in materials if material.url)
    for brief in briefs:
        try:
            with timed(found):
                drafts = compose(materials, brief)
        except WriterError:
            continue
        except Exception as error:  # noqa: BLE001 - anything else is what is looked for
            found.faults.append(f"writing raised {type(error).__name__}: {error}"[:300])
            continue
        for draft in drafts:
            text = "\n".join(part.text for part in draft.parts)
            found.drafts.append(text)
            found.faults += [f"draft {text!r}: {fault}" for fault in wrong_with(text, own_links)]
            found.faults += [f"draft {text!r}: {fault}" for fault in problems(draft, materials)]


def _materials(read: FeedRead) -> Iterator[Material]:
    for at, entry in enumerate(read.entries):
        yield item_material(entry, item_id=at, feed_title=read.title, material_id=f"m{at}", now=NOW)


def _with_reason(reason: str) -> Iterator[str]:
    if len(reason) > REASON:
        yield f"the reason has {len(reason)} characters"
    if hidden := unprintable_in(reason) + ["a line break"] * ("\n" in reason):
        yield f"the reason holds {hidden}: {reason[:100]!r}"


def _with_material(material: Material, *, hidden: bool) -> Iterator[str]:
    fields = {
        "text": (material.text, PAGE_TEXT if material.item_id is None else ENTRY_TEXT),
        "title": (material.title, TITLE_LENGTH),
        "url": (material.url or "", LINE),
        "site": (material.site or "", TITLE_LENGTH),
        "author": (material.author or "", TITLE_LENGTH),
        "tags": ("\n".join(material.tags), TITLE_LENGTH),
    }
    for name, (text, most) in fields.items():
        if len(text) > most:
            yield f"the {name} has {len(text)} characters"
        if unseen := unprintable_in(text):
            yield f"the {name} holds {unseen[:5]}"
        if hidden and (marks := planted_in(text)):
            yield f"the {name} holds what is hidden: {marks[:3]}"


def _sizes_of_feed(read: FeedRead) -> Iterator[str]:
    if len(read.entries) > 200:
        yield f"{len(read.entries)} entries"
    for name, value in (("etag", read.etag), ("last_modified", read.last_modified), ("title", read.title)):
        if value and (len(value) > 1_000 or unprintable_in(value)):
            yield f"the {name} has {len(value)} characters, or some that cannot be seen"
    for entry in read.entries:
        if len(entry.guid or "") > 500:
            yield f"a guid of {len(entry.guid or '')} characters"


class timed:  # noqa: N801 - reads as a word
    """Notes the longest time that was spent within."""

    def __init__(self, found: Examined) -> None:
        self._found = found

    def __enter__(self) -> None:
        self._began = time.process_time()

    def __exit__(self, *_: object) -> None:
        self._found.slowest = max(self._found.slowest, time.process_time() - self._began)
