"""What a compatible request may cost, and what it must have to be written from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from domain.draft import Guidance
from domain.errors import WriterError
from domain.material import Material, MaterialKind
from domain.prices import MICROS
from domain.run import Run, RunStatus, Trigger
from domain.schedule import Grid, Schedule
from domain.template import PostType, Sources, Template, TweetStyle
from scheduler.editor import Gathered, WritingDesk
from scheduler.operations import budgets
from storage import templates
from storage.database import Database
from tests.integration.callback_receiver import receiving
from tests.integration.compatible_stage import Stage, staged
from tests.integration.test_compatible_rows import ENVELOPE
from tests.integration.web_door import NOW

POST = {"type": "tweet", "text": "words", "account": "demo"}
QUICK = {"type": "tweet", "queryText": "The tram opens.", "account": "@Demo"}


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The books are tested on both kinds of database; this is about who reads them."""
    return str(request.param)


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database, allow=(ip_network("127.0.0.0/8"),)) as found:
        yield found


def budget(stage: Stage, day: int) -> None:
    now = stage.house.clock()
    budgets.set_account(stage.house.database, "demo", day=day, month=None, timezone="UTC", otherwise="UTC", now=now)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/x/post", POST),
        ("/x/post", POST | {"isScheduled": True}),
        ("/x/post/quick", QUICK),
        ("/x/post/quick", QUICK | {"isScheduled": True}),
    ],
    ids=["2.1 once", "2.1 recurring", "2.2 once", "2.2 recurring"],
)
def test_2_1_nothing_is_accepted_when_the_budget_is_reached_already(
    stage: Stage, path: str, body: dict[str, Any]
) -> None:
    budget(stage, 0)

    said = stage.door.refused(400, "POST", path, body)

    assert said.keys() == ENVELOPE
    assert (said["success"], said["code"]) == (False, "budget_exceeded")
    assert said["error"].startswith("the account's budget of $0.00 for the day: $0.00 is spent")
    with stage.house.database.read() as c:
        assert templates.list_all(c, include_deleted=True) == []
    budget(stage, MICROS)
    stage.door.done("POST", path, body)


def test_2_1_what_is_spent_counts_until_the_day_is_over(stage: Stage) -> None:
    cost = stage.door.parts.prices.post
    budget(stage, cost)
    stage.post("Hello")

    assert "it starts again at 2026-03-02 00:00 UTC" in stage.door.refused(400, "POST", "/x/post", POST)["error"]
    stage.door.done("POST", "/x/post", POST | {"approval": "shadow"})  # it costs nothing
    stage.house.clock.advance(days=1)
    stage.door.now += timedelta(days=1)
    stage.door.done("POST", "/x/post", POST)


def test_2_1_a_budget_that_is_reached_later_ends_the_run_and_the_callback_says_so(stage: Stage) -> None:
    with receiving() as receiver:
        stage.door.done("POST", "/content/Webhook", {"url": f"{receiver.address}/hook"})
        request_id = stage.door.done("POST", "/x/post", POST)["request_id"]
        budget(stage, 0)
        stage.house.work()
        stage.deliver()

        [told] = [json.loads(each.body) for each in receiver.received]

    assert (told["id"], told["event"], told["reason"]) == (request_id, "request.failed", "over_budget")
    assert "the account's budget of $0.00 for the day" in told["error_message"]
    assert stage.house.texts_sent() == []


RUN = Run("r", "t", "demo", NOW, NOW, Trigger.REQUEST, RunStatus.WORKING)
ASKS = "Create a thread on AI safety. Use three examples and end with a question."
FACT = "The tram line 7 opens on Tuesday with twelve stops."


def written(
    query: str, *more: Material, fast: bool = True, style: TweetStyle | None = TweetStyle.PARAGRAPHS
) -> tuple[str, ...]:
    """Give what the embedded writer makes of a query."""

    async def offload(function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    async def nothing(*_: Any) -> Any:
        return None

    async def none(*_: Any) -> Any:
        return frozenset()

    async def gather(*_: Any) -> Gathered:
        raise AssertionError("the material is at hand")

    async def guide(*_: Any) -> Guidance:
        return Guidance()

    async def score(*_: Any) -> Any:
        raise AssertionError("nothing is scored")

    desk = WritingDesk(
        gather=gather,
        offload=offload,
        ask_score=score,
        ask_guidance=guide,
        ask_advice=guide,
        read_style=nothing,
        posted_texts=none,
        said_before=none,
    )
    template = Template(
        *("t", "morning", "demo", PostType.TWEET, Schedule(Grid(1, NOW)), Sources(text=query)),
        tweet_style=style,
        fast=fast,
    )
    drafts = asyncio.run(desk.compose(template, RUN, (Material("m0", MaterialKind.TEXT, query), *more)))
    return tuple(part.text for draft in drafts for part in draft.parts)


def test_2_2_an_instruction_is_never_posted_for_what_it_asks() -> None:
    with pytest.raises(WriterError, match="the query is an instruction, and there is nothing to write from"):
        written(ASKS)

    page = Material("m1", MaterialKind.PAGE, FACT, title="The new tram", url="https://example.com/tram")
    for text in (*written(ASKS, page), *written(f"{ASKS} {FACT}")):
        assert "tram line 7" in text
        assert "AI safety" not in text
        assert "question" not in text
    assert any("AI safety" in text for text in written(ASKS, fast=False))  # words of a template are its owner's


def test_2_2_a_query_is_never_posted_as_it_stands_whatever_its_form() -> None:
    query = f"{FACT} What do you think?\n\nTickets cost two euros, and children ride for nothing until the summer."

    for style in (None, *TweetStyle):
        texts = written(query, style=style)
        assert texts
        assert query not in texts
    assert written(query, fast=False, style=None) == (query,)


def test_2_2_a_query_that_is_an_instruction_ends_with_what_to_do(stage: Stage) -> None:
    stage.house.editor.drafts = WriterError("the query is an instruction, and there is nothing to write from: …")
    request_id = stage.door.done("POST", "/x/post/quick", QUICK | {"queryText": ASKS})["request_id"]
    stage.house.work()

    told = stage.door.get(f"/content/Status/{request_id}")

    assert (told["error_code"], told["reason"]) == (1, "no_draft")
    assert "there is nothing to write from" in told["error_message"]
    assert stage.house.texts_sent() == []
