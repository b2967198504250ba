"""Samples over HTTP: what a template would post now, with nothing kept, posted or used up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from commands.reading import reading
from commands.sampling import sampler
from domain.errors import ApiLimited, ApiUnavailable, OverBudget
from domain.material import Material, MaterialKind
from domain.run import Rejected
from domain.template import Template
from sandbox.serve import SandboxServer
from scheduler.operations.sampling import Sample, TakesSample
from settings import Settings, load
from storage import tables
from storage.database import Database
from storage.writer import Writer
from tests.integration.scheduler_house import NOW, draft
from tests.integration.test_commands_outside import RSS, serving
from tests.integration.web_door import web_door
from tests.json_schema import misfits
from web.own.examples import DOCUMENT
from web.own.samples import OPERATIONS

TEMPLATES = "/api/v1/templates"
SAMPLES = "/api/v1/samples"
SAMPLE = OPERATIONS[0].answer or {}
KEPT_ANYWAY = {"rate_windows"}  # the permits of the requests that were made
WRITTEN = Sample(
    (Material("m0", MaterialKind.TEXT, "words"),),
    (Rejected("https://example.com", "status 503"),),
    (draft("Hello"), draft("Hallo", name="d1")),
    (draft("Hello"),),
    "the best of two",
)


async def written(_: Template) -> Sample:
    return WRITTEN


def rows(database: Database) -> dict[str, int]:
    with database.read() as c:
        counted = [each for each in tables.metadata.sorted_tables if each.name not in KEPT_ANYWAY]
        return {each.name: c.execute(select(func.count()).select_from(each)).scalar_one() for each in counted}


def settings(tmp_path: Path, sandbox: SandboxServer) -> Settings:
    return load(
        {
            "OSTINATO_HOME": str(tmp_path),
            "OSTINATO_XQUIK_URL": sandbox.base_url,
            "OSTINATO_XQUIK_KEY": "xq_test",
            "OSTINATO_ALLOW_NETWORKS": "127.0.0.0/8",
        }
    )


def test_a_sample_has_its_material_its_drafts_and_why_one_was_chosen(database: Database) -> None:
    with web_door(database, take_sample=written) as door:
        door.done("POST", TEMPLATES, DOCUMENT)
        shown = door.done("POST", f"{TEMPLATES}/morning/sample")
        unkept = door.done("POST", SAMPLES, {**DOCUMENT, "name": "another"})

        assert unkept == shown
        assert [each["name"] for each in door.get(TEMPLATES)["templates"]] == ["morning"]
    assert misfits(shown, SAMPLE) == []
    assert [(each["id"], each["chosen"]) for each in shown["drafts"]] == [("d0", True), ("d1", False)]
    assert shown["rejected"] == [{"reference": "https://example.com", "reason": "status 503"}]
    assert shown["choice_reason"] == "the best of two"


def test_the_document_of_a_sample_is_checked_as_one_that_is_kept(database: Database) -> None:
    with web_door(database, take_sample=written) as door:
        told = door.refused(422, "POST", SAMPLES, {"name": "x y", "count": 99, "account": "acme", "colour": "red"})

    assert {"count", "colour", "type"} <= {each["field"] for each in told["errors"]}


def test_a_document_that_names_a_calendar_needs_none_for_its_sample(database: Database) -> None:
    seen: list[Template] = []

    async def take(template: Template) -> Sample:
        seen.append(template)
        return WRITTEN

    schedule = {**DOCUMENT["schedule"], "exclude_dates": ["https://example.com/holidays.ics"]}
    with web_door(database, take_sample=take) as door:
        door.done("POST", SAMPLES, {**DOCUMENT, "schedule": schedule})

    assert [each.sources.urls for each in seen] == [("https://example.com/news",)]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ApiUnavailable("cannot reach it"), 502, "api"),
        (ApiLimited("later", retry_at=NOW, status=429), 503, "api_limited"),
        (OverBudget("the budget of @acme of $1.00 for the day"), 409, "over_budget"),
    ],
)
def test_what_keeps_it_from_being_written_is_said(database: Database, error: Exception, status: int, code: str) -> None:
    async def take(_: Template) -> Sample:
        raise error

    with web_door(database, take_sample=take) as door:
        assert door.refused(status, "POST", SAMPLES, DOCUMENT)["code"] == code
        assert door.parts.samples == set()


def test_without_a_key_there_is_none(database: Database) -> None:
    with web_door(database) as door:
        assert door.refused(409, "POST", SAMPLES, DOCUMENT)["code"] == "not_configured"


def test_one_that_takes_too_long_is_given_up(database: Database) -> None:
    async def take(_: Template) -> Sample:
        await asyncio.Event().wait()
        return WRITTEN

    with web_door(database, take_sample=take, sample_seconds=0.05) as door:
        told = door.refused(504, "POST", SAMPLES, DOCUMENT)
        assert (told["code"], door.parts.samples) == ("timed_out", set())


def test_two_are_written_at_once_and_a_third_is_to_come_later(database: Database) -> None:
    with web_door(database, take_sample=written, samples={object(), object()}) as door:
        answer = door.ask("POST", SAMPLES, json=DOCUMENT)
        door.parts.samples.pop()

        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
        door.done("POST", SAMPLES, DOCUMENT)


def taking(chosen: Settings, database: Database) -> TakesSample:
    """Write samples with the parts of a program of its own."""

    async def take(template: Template) -> Sample:
        writer = Writer(database)
        writer.start()
        try:
            async with reading(chosen) as (web, pool):
                found = sampler(chosen, database, writer, web=web, pool=pool)
                assert found is not None
                return await found(template)
        finally:
            writer.stop()

    return take


def test_a_sample_of_real_sources_leaves_nothing_behind(
    database: Database, sandbox: SandboxServer, tmp_path: Path
) -> None:
    take = taking(settings(tmp_path, sandbox), database)
    document = {name: each for name, each in DOCUMENT.items() if name != "url"}
    pages = {"/feed.xml": ("application/rss+xml", RSS)}
    with serving(pages) as site, web_door(database, take_sample=take) as door:
        door.done("POST", TEMPLATES, {**document, "feeds": [f"{site}/feed.xml"]})
        before = rows(database)

        shown = door.done("POST", f"{TEMPLATES}/morning/sample")

        assert rows(database) == before
    assert misfits(shown, SAMPLE) == []
    assert "ferry" in shown["material"][0]["text"]
    assert [one["score"]["scored_by"] for one in shown["drafts"] if one["chosen"]] == ["xquik"]


def test_a_model_writes_no_sample_over_a_budget_and_the_embedded_writer_does(
    database: Database, sandbox: SandboxServer, tmp_path: Path
) -> None:
    chosen = settings(tmp_path, sandbox)
    model = replace(chosen, model="some-model", openai_api_key="sk-test", openai_base_url="http://127.0.0.1:9/v1")
    document = {**DOCUMENT, "budget": {"day": 0.001}}
    with web_door(database, take_sample=taking(model, database)) as door:
        told = door.refused(409, "POST", SAMPLES, document)
    with web_door(database, take_sample=taking(chosen, database)) as door:
        door.done("POST", SAMPLES, {**document, "text": "The tram opens on Tuesday.", "url": None})

    assert (told["code"], "budget of $0.001 for the day" in told["detail"]) == ("over_budget", True)
