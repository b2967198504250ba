"""CSV tables: fetched here, taken apart in a process of their own, and told in sentences."""

from __future__ import annotations

import hashlib
from datetime import datetime

import httpx

from domain.errors import SourceError
from domain.material import Material, MaterialKind
from domain.own_words import CsvTable, Newest
from domain.protocols import Offload
from sources.fetch import fetch
from sources.figures import sentences
from sources.offloaded import NotATable, parse_table
from sources.parsing.table import Rows

ACCEPT = "text/csv, text/tab-separated-values, text/plain;q=0.9, */*;q=0.5"


async def read_table(table: CsvTable, *, client: httpx.AsyncClient, offload: Offload) -> Rows:
    """Read the newest rows of *table* through the guarded *client*. Raises SourceError."""
    fetched = await fetch(client, table.url, accept=ACCEPT)
    if fetched.content_type in ("text/html", "application/xhtml+xml"):
        raise SourceError(table.url, "a web page, not a CSV table; look whether it asks for a login")
    try:
        return await offload(parse_table, fetched.body, fetched.charset, table.newest is Newest.FIRST)
    except NotATable as error:
        raise SourceError(table.url, str(error)) from error
    except TimeoutError as error:
        raise SourceError(table.url, "the table took too long to take apart") from error
    except MemoryError as error:
        raise SourceError(table.url, "the table needed too much memory to take apart") from error


def table_material(table: CsvTable, rows: Rows, *, now: datetime) -> Material:
    """Give what *table* says about its newest row as material. Raises SourceError."""
    text, figures = sentences(table, rows)
    return Material(
        id="m0",
        kind=MaterialKind.TEXT,
        text=text,
        url=table.url,
        site=httpx.URL(table.url).host,
        fetched_at=now,
        as_it_stands=True,
        figures=figures,
    )


def row_key(rows: Rows) -> str:
    """Give what tells the newest row from others: a row that was corrected is another."""
    return "row:" + hashlib.blake2b("\x1f".join(rows.newest).encode(), digest_size=16).hexdigest()
