from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from structlog.testing import capture_logs

from domain.draft import Check, Draft, Guidance, Score
from domain.errors import ApiError, ApiUnavailable, WriterError
from domain.material import Material, MaterialKind
from domain.run import Run, RunStatus, Trigger
from domain.schedule import Grid, Schedule
from domain.template import Goal, PostType, Sources, Template
from generators.model.server import Server
from generators.model.writer import ModelWriter
from generators.repetition import Earlier
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from scheduler.editor import Gathered, WritingDesk
from tests.integration.command_line import CommandLine
from tests.integration.test_model_writer import TEXT, TRAM, one
from tests.model_server import KEY, STALL, Model, Status, idea, sentence, serving

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
RUN = Run("r", "t", "demo", NOW, NOW, Trigger.SCHEDULE, RunStatus.WORKING)
TEMPLATE = Template("t", "morning", "demo", PostType.TWEET, Schedule(Grid(1, NOW)), Sources(urls=("x",)))


@pytest.fixture
def model() -> Iterator[Model]:
    with serving() as found:
        yield found


async def here(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


counted: list[tuple[int, int]] = []  # drafts that the model gave and did not give, step by step


async def answer(advice: Guidance | ApiError | None, *_: object) -> Guidance:
    if isinstance(advice, ApiError):
        raise advice
    return advice or Guidance()


def at_desk(
    work: Callable[[WritingDesk], Any],
    model: Model | None,
    *,
    seconds: float = 20.0,
    said: tuple[Earlier, ...] = (),
    advice: Guidance | ApiError | None = None,
) -> tuple[Any, list[dict[str, Any]]]:
    """What *work* gives at a desk that asks *model*, and what was logged."""

    async def nothing(*_: object) -> Any:
        return None

    async def no_texts(*_: object) -> Any:
        return frozenset[str]()

    async def said_earlier(*_: object) -> tuple[Earlier, ...]:
        return said

    async def guidance(*_: object) -> Guidance:
        return Guidance()

    async def passed(*_: object) -> Score:
        return Score(100, (Check("No emojis", passed=True),), "xquik")

    async def gathered(*_: object) -> Gathered:
        return Gathered((TRAM,))

    async def done() -> Any:
        server = Server(model="small", base_url=model.address, key=KEY) if model else None
        writer = ModelWriter(server, offload=here, clock=monotonic, timeout=seconds) if server else None
        desk = WritingDesk(
            gather=gathered,
            offload=here,
            ask_score=passed,
            ask_guidance=guidance,
            ask_advice=partial(answer, advice),
            read_style=nothing,
            posted_texts=no_texts,
            said_before=said_earlier,
            model=writer,
            count_drafts=lambda written, missing: counted.append((written, missing)),
        )
        try:
            return await work(desk)
        finally:
            if writer:
                await writer.close()

    with capture_logs() as logged:
        return asyncio.run(done()), [dict(each) for each in logged]


def compose(
    model: Model | None, *materials: Material, template: Template = TEMPLATE, seconds: float = 20.0
) -> tuple[tuple[Draft, ...], list[dict[str, Any]]]:
    return at_desk(lambda desk: desk.compose(template, RUN, materials or (TRAM,)), model, seconds=seconds)


def test_with_a_model_the_drafts_are_its_own_and_the_log_says_what_it_took(model: Model) -> None:
    drafts, logged = compose(model)
    assert {draft.engine for draft in drafts} == {"model"}
    assert len(drafts) == TEMPLATE.maximum_drafts - 1
    (asked,) = [each for each in logged if each["event"] == "model.asked"]
    assert (asked["model"], asked["calls"], asked["prompts"]) == ("small", 2, "digest-1,write-1")
    assert (asked["tokens_in"], asked["tokens_out"]) == (200, 40)


def test_without_a_model_nothing_is_asked_and_no_origin_is_kept() -> None:
    drafts, logged = compose(None)
    assert [(draft.engine, draft.origin) for draft in drafts] == [("embedded", None)] * len(drafts)
    assert logged == []


@pytest.mark.parametrize("answer", [Status(429), Status(500), STALL, "nonsense", ""])
def test_when_the_model_fails_the_embedded_writer_answers_and_each_draft_says_why(
    model: Model, answer: Status | str
) -> None:
    model.always("digest", answer)
    model.always("repair", answer)
    drafts, logged = compose(model, seconds=2)
    plain, _ = compose(None)
    assert [draft.text for draft in drafts] == [draft.text for draft in plain]
    assert all(draft.engine == "embedded" and draft.origin and draft.origin.why for draft in drafts)
    assert [each["log_level"] for each in logged if each["event"] == "model.fallback"] == ["warning"]


def test_one_draft_that_fails_is_replaced_and_the_others_stay(model: Model) -> None:
    def writing(data: dict[str, Any]) -> dict[str, Any]:
        facts = data["facts"][:4]
        good = [idea(at, [sentence(f"It says “{fact['quote']}”", fact["id"])]) for at, fact in enumerate(facts, 1)]
        return {"drafts": [*good, idea(5, [sentence("It costs 999 euros.", facts[0]["id"])])]}

    model.will("write", writing)
    drafts, _ = compose(model)
    assert [draft.engine for draft in drafts] == ["model"] * 4 + ["embedded"]
    assert drafts[4].origin is not None
    assert "the number 999" in (drafts[4].origin.why or "")
    assert [draft.id for draft in drafts] == [f"d{at}" for at in range(5)]
    assert counted[-1] == (4, 1)


def test_the_owners_text_that_is_posted_as_it_is_asks_no_model(model: Model) -> None:
    own = Material("m0", MaterialKind.TEXT, "We are open on Sunday.")
    drafts, _ = compose(model, own)
    assert [draft.text for draft in drafts] == ["We are open on Sunday."]
    assert model.asked == []


def test_a_model_that_wrote_needs_no_embedded_writer_and_without_both_the_reason_is_the_writers(model: Model) -> None:
    chrome = replace(TRAM, text="Toll: 7 euros for each car", title="")
    model.will("digest", lambda data: {"facts": [{"quote": "7 euros for each car", "kind": "number", "speaker": None}]})
    model.will("write", one("It takes 7 euros to pass by car.", "7 euros"))
    drafts, _ = compose(model, chrome)
    assert [draft.engine for draft in drafts] == ["model"]
    model.always("write", Status(500))
    with pytest.raises(WriterError):
        compose(model, chrome)


def compared(drafts: tuple[Draft, ...], *said: str, template: Template = TEMPLATE) -> tuple[Draft, ...]:
    earlier = tuple(Earlier(f"p{at}", (text,)) for at, text in enumerate(said))
    found, _ = at_desk(lambda desk: desk.compare(template, RUN, (TRAM,), drafts), None, said=earlier)
    return tuple(found)


def test_when_every_draft_repeats_another_angle_is_tried_and_the_repeated_ones_stay_for_the_reason() -> None:
    first, _ = compose(None)
    marked = compared(first[:1], first[0].text)
    assert [draft.id for draft in marked] == ["d0", "d1"]
    assert [draft.repeats is None for draft in marked] == [False, True]
    assert marked[0].text != marked[1].text
    assert [draft.id for draft in compared(first[:1], TEXT, TRAM.title, first[0].text)] == ["d0"]


def test_a_refined_draft_that_repeats_asks_for_no_other_angle() -> None:
    first, _ = compose(None)
    refined = replace(first[0], id="d4", refined_from="d0")
    assert [draft.id for draft in compared((refined,), refined.text)] == ["d4"]


def test_a_template_that_may_repeat_itself_is_not_compared() -> None:
    first, _ = compose(None)
    assert compared(first[:1], first[0].text, template=replace(TEMPLATE, repeat_after=0)) == first[:1]


def test_the_best_draft_is_refined_by_the_model_that_wrote_it_else_by_leaving_out(model: Model) -> None:
    talk = replace(TEMPLATE, goal=Goal.CONVERSATION, maximum_drafts=2)
    model.will("write", one("The tram will cost 48 million euros."))
    (draft,), _ = compose(model, template=talk)
    failed = Score(80, (Check("Conversation-driving CTA", passed=False, suggestion="End with a question"),), "xquik")
    scored = (replace(draft, score=failed),)
    question = [sentence("The tram will cost 48 million euros.", "f1"), sentence("Worth it?", before="space")]
    model.will("refine", lambda data: {"drafts": [idea(1, question)]})
    advice = Guidance(advice=("End with a question",))
    refined, _ = at_desk(lambda desk: desk.refine(talk, RUN, (TRAM,), scored), model, advice=advice)
    assert refined[1].text.startswith("The tram will cost 48 million euros. Worth it?")
    assert refined[1].origin.prompts == ("refine-2",)
    assert model.at("refine")[0].data["advice"] == ["End with a question"]
    model.always("refine", Status(500))
    down = ApiUnavailable("down")
    fallen, _ = at_desk(lambda desk: desk.refine(talk, RUN, (TRAM,), scored), model, advice=down)
    assert model.at("refine")[1].data["advice"] == []
    assert "What do you think?" in fallen[1].text
    assert fallen[1].origin.why == "the server answered 500"


def test_a_preview_is_written_by_the_model_of_the_settings(model: Model, tmp_path: Path) -> None:
    with SandboxServer(SandboxOptions(limits=False)) as sandbox:
        environ = {
            "OSTINATO_XQUIK_URL": sandbox.base_url,
            "OSTINATO_XQUIK_KEY": "xq_test",
            "OPENAI_BASE_URL": model.address,
            "OSTINATO_MODEL": "small",
        }
        ostinato = CommandLine(tmp_path / "home", environ)
        ostinato.add(
            f'name = "a"\naccount = "ostinato_demo"\ntype = "tweet"\nprompt = "short"\ntext = """{TEXT}"""\n'
            '[schedule]\ntimes = ["09:00"]\ntimezone = "UTC"\n'
        )
        sample = ostinato.json("template", "preview", "a", "--sample")["sample"]
    chosen = [each for each in sample["drafts"] if each["chosen"]]
    assert [each["engine"] for each in chosen] == ["model"]
    assert chosen[0]["origin"]["model"] == "small"
    kinds = {segment["kind"] for each in chosen for part in each["parts"] for segment in part["segments"]}
    assert kinds & {"written", "extract"}
    assert model.wrong == []
