from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.research import Research, ResearchStatus
from storage.database import Database
from tests.integration.research_lab import FERRY, TRAM, Lab, lab, page


@pytest.fixture
def dialect() -> str:
    return "sqlite"


def do(database: Database, deed: Callable[[Lab], Awaitable[Research]], **fields: Any) -> Research:
    async def doing() -> Research:
        async with lab(database, **fields) as found:
            return await deed(found)

    return asyncio.run(doing())


def test_a_report_quotes_what_was_found_and_numbers_its_sources(database: Database) -> None:
    async def deed(lab: Lab) -> Research:
        lab.site.answers = {"/tram": page("Harbour tram approved", TRAM), "/ferry": page("A ferry record", FERRY)}
        lab.site.offer("/tram", "/ferry")
        return await lab.report()

    found = do(database, deed)

    assert found.status is ResearchStatus.DONE
    assert found.report is not None
    assert found.text is not None
    cited = {each.number: each for each in found.report.citations}
    assert list(cited) == list(range(1, len(cited) + 1))
    pages = {"/tram": TRAM, "/ferry": FERRY}
    for each in cited.values():
        assert each.url is not None
        assert each.text in pages[each.url[each.url.rindex("/") :]]
    assert {
        number for section in found.report.sections for said in section.findings for number in said.citations
    } == set(cited)
    assert f"“{cited[1].text}” [1]" in found.text
    assert f"[1] {cited[1].title}, " in found.text
    assert "48 million euros" in found.text
