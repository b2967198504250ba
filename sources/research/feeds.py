"""The owner's feeds: their entries as leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import httpx

from domain.material import MaterialKind
from domain.protocols import Offload
from domain.research import Lead
from sources.feed import item_material, read_feed
from sources.research.web_search import said

VIA = "feed"
WHOLE = 400  # characters; an entry that says less is read at its page


async def read_entries(url: str, *, client: httpx.AsyncClient, offload: Offload, now: datetime) -> tuple[Lead, ...]:
    """Give the entries of the feed at *url*; a long one brings its text. Nothing is marked as used.

    Raises SourceError when the feed cannot be read.
    """
    read = await read_feed(url, client=client, offload=offload)
    leads = []
    for entry in read.entries:
        material = None
        if len(entry.text) >= WHOLE or (entry.url is None and entry.text):
            whole = item_material(entry, item_id=0, feed_title=read.title, material_id="", now=now)
            material = replace(whole, kind=MaterialKind.RESEARCH, item_id=None)
        if material is not None or entry.url is not None:
            leads.append(Lead(VIA, entry.url, said=said(entry.title, entry.text), material=material))
    return tuple(leads)
