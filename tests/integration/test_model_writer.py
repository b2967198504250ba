from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from time import monotonic
from typing import Any

import pytest

from domain.draft import Check, Draft, Guidance, Score, SegmentKind
from domain.material import Material, StyleProfile
from domain.template import Goal, PostType
from generators.brief import Brief
from generators.embedded.writer import compose as compose_embedded
from generators.model.asking import Prices
from generators.model.merging import merged, shares
from generators.model.server import Server
from generators.model.writer import ModelWriter, Written
from generators.verify import problems
from tests.model_server import (
    CLOSE,
    FLOOD,
    KEY,
    STALL,
    TRICKLE,
    Model,
    Status,
    idea,
    material,
    sentence,
    serving,
)

TEXT = (
    "The council approved the tram line on Tuesday. It will cost 48 million euros. Work begins in March 2027. "
    "“The harbour has waited long enough,” said Mayor Ada Brandt. "
    "The line has 12 stops between the station and the port. "
    "Eleven councillors voted for it and four against it."
)
TRAM = material(TEXT, "Council approves harbour tram")
BRIEF = Brief(seed="run-1", prompt=None)
SECONDS = 20.0


@pytest.fixture
def model() -> Iterator[Model]:
    with serving() as found:
        yield found


async def in_process(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def using(model: Model, *, seconds: float = SECONDS) -> ModelWriter:
    server = Server(model="small", base_url=model.address, key=KEY)
    return ModelWriter(
        server, offload=in_process, clock=monotonic, timeout=seconds, prices=Prices(Decimal("0.5"), Decimal(2))
    )


def write(
    model: Model, *materials: Material, brief: Brief = BRIEF, wanted: int = 5, seconds: float = SECONDS
) -> Written:
    async def written() -> Written:
        writer = using(model, seconds=seconds)
        try:
            return await writer.compose(materials or (TRAM,), brief, wanted=wanted)
        finally:
            await writer.close()

    return asyncio.run(written())


def texts(written: Written) -> list[str]:
    return [draft.text for draft in written.drafts]


def says(*posts: list[dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda data: {"drafts": [idea(1, *posts)]}


def fact_about(data: dict[str, Any], words: str) -> str:
    return next(str(fact["id"]) for fact in data["facts"] if words in fact["quote"])


def one(text: str, about: str = "48 million") -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda data: {"drafts": [idea(1, [sentence(text, fact_about(data, about))])]}


def test_an_honest_model_writes_drafts_that_pass_the_gate_and_name_their_sources(model: Model) -> None:
    written = write(model)
    assert len(written.drafts) == 5
    assert written.missing == ()
    for draft in written.drafts:
        assert problems(draft, (TRAM,)) == ()
        assert draft.engine == "model"
        assert draft.parts[0].segments[-1].kind is SegmentKind.LINK
    assert model.wrong == []


def test_words_in_quotation_marks_are_extracts_and_the_rest_is_written(model: Model) -> None:
    (draft,) = write(model, wanted=1).drafts
    kinds = [segment.kind for segment in draft.parts[0].segments]
    assert kinds[:3] == [SegmentKind.CLAIM, SegmentKind.EXTRACT, SegmentKind.CLAIM] or SegmentKind.TITLE in kinds
    for segment in draft.parts[0].segments:
        if segment.kind is SegmentKind.EXTRACT:
            ((start, end),) = segment.spans
            assert TEXT[start:end] == segment.text


def test_what_it_took_is_recorded_with_model_prompts_seed_and_cost(model: Model) -> None:
    written = write(model)
    origin = written.origin
    assert (origin.model, origin.prompts) == ("small", ("digest-1", "write-1"))
    assert (origin.tokens_in, origin.tokens_out, origin.cost_micros) == (200, 40, 180)
    assert model.at("write")[0].body["seed"] == origin.seed
    assert [one.body["temperature"] for one in model.asked] == [0.0, 0.8]


def test_the_shares_of_a_step_add_up_to_it(model: Model) -> None:
    origin = write(model).origin
    for count in (1, 3, 7):
        parts = shares(origin, count)
        assert sum(part.tokens_in for part in parts) == origin.tokens_in
        assert sum(part.cost_micros or 0 for part in parts) == origin.cost_micros


def test_quotations_that_no_document_holds_are_dropped_and_the_others_kept(model: Model) -> None:
    given = [
        ("It will cost 48 million euros.", None),
        ("it will  cost 48 million EUROS", "it is quoted twice"),
        ("It will cost 84 million euros.", "the document does not say it"),
        ("“The harbour has waited long enough,” said Mayor", None),
        ('"The harbour has waited long enough," said Mayor Ada Brandt.', None),
        ("he harbour has waited lon", "the document does not say it"),
        ("March", "it has less than 8 characters"),
    ]
    model.will(
        "digest",
        lambda data: {"facts": [{"quote": quote, "kind": "event", "speaker": None} for quote, _ in given]},
    )
    written = write(model)
    assert [(each.quote, each.why) for each in written.dropped] == [each for each in given if each[1]]
    assert [fact["quote"] for fact in model.at("write")[0].data["facts"]] == [
        "It will cost 48 million euros.",
        "“The harbour has waited long enough,” said Mayor",
        "“The harbour has waited long enough,” said Mayor Ada Brandt.",
    ]


LIES = {
    "an invented number": ("The tram costs 84 million euros.", "the number 84"),
    "a number of another fact": ("The tram with 12 stops costs 48 million euros.", "the number 12"),
    "another amount": ("The tram costs 48 billion euros.", "the amount 'billion'"),
    "another currency": ("The tram costs 48 million dollars.", "the amount 'dollars'"),
    "an invented name": ("A tram for 48 million euros, promised by Brandt.", "the name Brandt"),
    "an invented place": ("In the port of Hamburg a tram costs 48 million euros.", "the name Hamburg"),
    "a link": ("The tram costs 48 million euros, see evil.example.com now", "the link evil.example.com"),
    "a link with a scheme": ("The tram costs 48 million euros http://203.0.113.9/x", "it holds a link"),
    "a handle": ("The tram costs 48 million euros, says @evilbot", "the handle @evilbot"),
    "a hashtag": ("The tram costs 48 million euros #CryptoGains", "the hashtag #CryptoGains"),
    "an address in disguise": ("The tram costs 48 million euros, see evil[.]com", "an address in disguise"),
    "an invented quotation": ("“We will never finish the tram”, it costs 48 million euros.", "the quotation"),
    "a stock phrase": ("A game changer: the tram costs 48 million euros.", "the stock phrase"),
    "an order": ("It costs 48 million euros. Click to read about the tram.", "it tells the reader to click"),
    "a first person": ("We learn that the tram costs 48 million euros.", "it speaks as I or we"),
    "a hidden character": ("The tram costs 48 million\u200b euros.", "it holds hidden characters"),
    "too many characters": ("The tram costs 48 million euros. " + "It is a long way. " * 16, "weighted characters"),
    "a wallet": ("It costs 48 million euros, paid to 0x52908400098527886E0F7030069857D2E4169EE7", "it gives orders"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_draft_that_lies_is_sent_back_with_what_is_wrong_and_then_dropped(model: Model, lie: str) -> None:
    text, problem = LIES[lie]
    model.always("write", one(text))
    written = write(model, wanted=1)
    assert written.drafts == ()
    assert written.missing[0].startswith("draft 1: ")
    items = model.at("refine")[0].data["wrong"]
    assert [item["item"] for item in items] == list(range(1, len(items) + 1))
    assert any(problem in item["what"] for item in items)
    assert len(model.at("refine")) == 2


def test_a_draft_that_is_corrected_is_kept(model: Model) -> None:
    model.will("write", one("The tram costs 84 million euros."))
    model.will("refine", one("The tram will cost 48 million euros."))
    written = write(model, wanted=1)
    assert texts(written) == ["The tram will cost 48 million euros.\n\nhttps://example.org/a"]
    assert written.origin.prompts == ("digest-1", "write-1", "refine-2")


def test_more_than_twelve_words_in_a_row_are_not_taken_without_quotation_marks(model: Model) -> None:
    long = "The line has 12 stops between the station and the port."
    source = material(f"{long[:-1]} and the old market hall.", "Stops")
    model.always("write", one(long[:-1] + " and the old market", "12 stops"))
    assert "without quotation marks" in write(model, source, wanted=1).missing[0]


def test_what_the_owner_says_needs_no_fact(model: Model) -> None:
    model.will("write", one("The tram costs 48 million euros. Visit the show of Ida Falk on 7 May."))
    brief = replace(BRIEF, prompt="Mention: visit the show of Ida Falk on 7 May", link=False)
    assert texts(write(model, brief=brief, wanted=1)) == [
        "The tram costs 48 million euros. Visit the show of Ida Falk on 7 May.\n\nvia Gazette"
    ]


def test_a_thread_has_two_to_six_posts(model: Model) -> None:
    def threads(data: dict[str, Any]) -> dict[str, Any]:
        posts = [[sentence(f"It says “{fact['quote']}”", fact["id"])] for fact in data["facts"][:3]]
        return {"drafts": [idea(1, *posts), idea(2, posts[0])]}

    model.will("write", threads)
    written = write(model, brief=replace(BRIEF, type=PostType.THREAD), wanted=2)
    assert [len(draft.parts) for draft in written.drafts] == [3]
    assert "a thread has 2 to 6" in written.missing[0]


def test_a_draft_posted_before_or_like_another_is_not_kept(model: Model) -> None:
    text = "The tram will cost 48 million euros."
    model.always(
        "write",
        lambda data: {"drafts": [idea(at, [sentence(text, fact_about(data, "48"))]) for at in (1, 2)]},
    )
    twice = write(model, wanted=2)
    assert len(twice.drafts) == 1
    assert twice.missing == ("draft 2: it is like another draft",)
    before = write(model, brief=replace(BRIEF, avoid=frozenset({text + " https://t.co/x"})), wanted=1)
    assert before.missing == ("draft 1: the account has posted it before",)


UNUSABLE: dict[str, tuple[Any, str]] = {
    "prose": ("I would be glad to help!", "not of the form"),
    "half an object": ('{"facts": [', "not of the form"),
    "another object": ('{"posts": 3}', "not of the form"),
    "an array": ("[1, 2]", "not of the form"),
    "nothing": ("", "the answer is empty"),
    "blanks": ("  \n ", "the answer is empty"),
    "429": (Status(429), "429"),
    "500": (Status(500), "500"),
    "401": (Status(401), "401"),
    "a redirect": (Status(302), "302"),
    "a closed connection": (CLOSE, "not reachable"),
    "a flood": (FLOOD, "not reachable: the answer has more than"),
}


@pytest.mark.parametrize("step", ["digest", "write"])
@pytest.mark.parametrize("how", UNUSABLE)
def test_an_unusable_answer_gives_no_draft_and_says_why(model: Model, how: str, step: str) -> None:
    answer, why = UNUSABLE[how]
    model.always(step, answer)
    model.always("repair", answer)
    written = write(model, wanted=3)
    assert written.drafts == ()
    assert len(written.missing) == 3
    assert all(why in each for each in written.missing)


@pytest.mark.parametrize("how", [STALL, TRICKLE])
def test_a_server_that_takes_too_long_is_left(model: Model, how: str) -> None:
    model.always("write", how)
    assert write(model, wanted=2, seconds=2.5).missing == ("the model took longer than 2.5 s",) * 2


def test_what_passed_before_the_time_ended_is_kept(model: Model) -> None:
    model.will(
        "write",
        lambda data: {
            "drafts": [
                idea(1, [sentence("The tram will cost 48 million euros.", fact_about(data, "48"))]),
                idea(2, [sentence("The tram will cost 9 million euros.", fact_about(data, "48"))]),
            ]
        },
    )
    model.always("refine", STALL)
    written = write(model, wanted=2, seconds=3)
    assert len(written.drafts) == 1
    assert "the number 9" in written.missing[0]


@pytest.mark.parametrize("wrapping", ["Sure! Here it is:\n```json\n{}\n```\nAnything else?", "<think>{{</think> {}"])
def test_an_object_within_prose_is_read_or_repaired_once(model: Model, wrapping: str) -> None:
    import json

    honest = json.dumps({"facts": [{"quote": "It will cost 48 million euros.", "kind": "number", "speaker": None}]})
    model.will("digest", wrapping.replace("{}", honest, 1))
    model.will("repair", honest)
    written = write(model, wanted=1)
    assert len(written.drafts) == 1
    assert len(model.at("repair")) <= 1


def test_a_server_without_structured_output_is_asked_in_words(model: Model) -> None:
    model.structured = False
    written = write(model, wanted=1)
    assert len(written.drafts) == 1
    last = model.at("write")[-1].body
    assert "response_format" not in last
    assert '"additionalProperties": false' in last["messages"][0]["content"]


def test_a_server_with_only_a_json_mode_is_asked_for_an_object_of_the_schema_in_words(model: Model) -> None:
    model.structured, model.json_mode = False, True
    assert len(write(model, wanted=1).drafts) == 1
    last = model.at("write")[-1].body
    assert last["response_format"] == {"type": "json_object"}
    assert '"additionalProperties": false' in last["messages"][0]["content"]


def test_a_model_that_is_cut_off_while_it_thinks_is_given_room_from_the_next_step_on(model: Model) -> None:
    async def steps() -> list[Written]:
        writer = using(model)
        found = [await writer.compose((TRAM,), BRIEF, wanted=3) for _ in range(2)]
        await writer.close()
        return found

    model.thinks = 3_000
    first, second = asyncio.run(steps())
    assert first.missing[0] == "the answer was cut off at 2500 tokens"
    assert first.calls == 1
    assert len(second.drafts) == 3
    assert [one.body["max_tokens"] for one in model.asked] == [2_500, 10_000, 7_200]


def test_a_model_that_has_no_more_room_is_not_given_more_again(model: Model) -> None:
    async def steps() -> list[str]:
        writer = using(model)
        found = [(await writer.compose((TRAM,), BRIEF, wanted=1)).missing[0] for _ in range(2)]
        model.thinks = 0
        found += (await writer.compose((TRAM,), BRIEF, wanted=1)).missing
        await writer.close()
        return found

    model.thinks = 3_000
    model.will("digest", "cut off", Status(400, "max_tokens is too large: 10000"))
    first, second, *third = asyncio.run(steps())
    assert "cut off" in first
    assert "max_tokens is too large" in second
    assert third == []
    assert [one.body["max_tokens"] for one in model.at("digest")] == [2_500, 10_000, 2_500]


def test_the_prompt_of_a_repair_is_recorded_too(model: Model) -> None:
    model.will("write", "no")
    model.will("repair", lambda data: {"drafts": []})
    assert write(model, wanted=1).origin.prompts == ("digest-1", "write-1", "repair-1")


def test_parameters_that_a_server_lacks_are_left_out(model: Model) -> None:
    model.unknown = ("max_tokens", "temperature", "seed")
    assert len(write(model, wanted=1).drafts) == 1
    last = model.at("write")[-1].body
    assert "max_completion_tokens" in last
    assert not {"max_tokens", "temperature", "seed"} & last.keys()


def test_one_document_that_cannot_be_digested_does_not_cost_the_others(model: Model) -> None:
    def digest(data: dict[str, Any]) -> dict[str, Any] | str:
        if "tram" not in data["text"]:
            return "no"
        return {"facts": [{"quote": "It will cost 48 million euros.", "kind": "number", "speaker": None}]}

    model.always("digest", digest)
    model.will("repair", "no")
    other = replace(material("Nothing of the kind happened in the old town.", "Town"), id="m1")
    assert [draft.material_ids for draft in write(model, TRAM, other, wanted=1).drafts] == [("m0",)]


def test_facts_of_two_sources_in_one_sentence_do_not_pass(model: Model) -> None:
    other = replace(material("The museum opens on 3 May with 70 paintings.", "Museum"), id="m1")
    model.always(
        "write",
        lambda data: {
            "drafts": [
                idea(
                    1,
                    [
                        sentence(
                            "The tram costs 48 million euros, and 70 paintings hang in the museum.",
                            fact_about(data, "48"),
                            fact_about(data, "70"),
                        )
                    ],
                )
            ]
        },
    )
    assert "the number" in write(model, TRAM, other, wanted=1).missing[0]


def test_the_model_hears_the_voice_the_wishes_and_the_advice_but_no_page(model: Model) -> None:
    samples = tuple(f"Tram number {n}? https://t.co/{n} @friend" for n in range(8))
    brief = replace(
        BRIEF,
        prompt="mind the tone",
        style=StyleProfile("ada", samples),
        guidance=Guidance(rules=("be short",)),
    )
    write(model, brief=brief, wanted=1)
    asked = model.at("write")[0]
    assert asked.data["voice"]["use"] == "voice only, take no facts"
    assert len(asked.data["voice"]["posts"]) == 5
    assert not any("t.co" in post or "@" in post for post in asked.data["voice"]["posts"])
    assert asked.data["advice"] == ["be short"]
    assert "The owner asks: mind the tone" in asked.body["messages"][1]["content"]
    assert set(asked.data) == {"facts", "voice", "advice"}


def test_every_call_has_a_delimiter_of_its_own(model: Model) -> None:
    write(model)
    write(model)
    assert len({one.delimiter for one in model.asked}) == len(model.asked) == 4


def scored(draft: Draft) -> Draft:
    failed = Check("Conversation-driving CTA", passed=False, suggestion="End with a question")
    return replace(draft, id="d0", score=Score(80, (failed, Check("No hashtags", passed=True)), "xquik"))


def rewrite(model: Model, draft: Draft, brief: Brief) -> Written:
    async def refined() -> Written:
        writer = using(model)
        try:
            return await writer.refine(draft, (TRAM,), brief, new_id="d5")
        finally:
            await writer.close()

    return asyncio.run(refined())


TALK = replace(BRIEF, goal=Goal.CONVERSATION)
TWO = [sentence("The tram will cost 48 million euros.", "f1"), sentence("Worth it?", before="space")]


def written_draft(model: Model) -> Draft:
    model.will("write", one("The tram will cost 48 million euros."))
    return scored(write(model, brief=TALK, wanted=1).drafts[0])


def test_a_refinement_that_answers_the_failed_check_is_taken(model: Model) -> None:
    draft = written_draft(model)
    model.will("refine", says(TWO))
    written = rewrite(model, draft, TALK)
    (better,) = written.drafts
    assert better.text == "The tram will cost 48 million euros. Worth it?\n\nhttps://example.org/a"
    assert (better.id, better.refined_from) == ("d5", "d0")
    assert "answered: Conversation-driving CTA" in better.refinements
    assert problems(better, (TRAM,)) == ()
    sent = model.at("refine")[-1].data
    assert sent["wrong"] == [{"item": 1, "draft": 1, "what": "Conversation-driving CTA: End with a question"}]


def test_a_refinement_by_which_a_passed_check_fails_is_not_taken(model: Model) -> None:
    draft = written_draft(model)
    loud = [TWO[0], sentence("Worth it??? 🚀 WOW GREAT", before="space")]
    model.always("refine", says(loud))
    written = rewrite(model, draft, TALK)
    assert written.drafts == ()
    assert "passed before, and fails now" in written.missing[0]
    assert len(model.at("refine")) == 2


def test_a_refinement_that_invents_is_not_taken(model: Model) -> None:
    draft = written_draft(model)
    model.always("refine", says([TWO[0], sentence("Would 30 million be better?", before="space")]))
    assert "the number 30" in rewrite(model, draft, TALK).missing[0]


def test_what_no_wording_answers_is_not_asked(model: Model) -> None:
    draft = written_draft(model)
    failed = Score(80, (Check("Media attached", passed=False, suggestion="Attach a photo"),), "xquik")
    assert rewrite(model, replace(draft, score=failed), TALK).calls == 0


def test_missing_drafts_come_from_the_embedded_writer_with_the_reason(model: Model) -> None:
    model.will(
        "write",
        lambda data: {
            "drafts": [
                idea(1, [sentence("The tram will cost 48 million euros.", fact_about(data, "48"))]),
                idea(2, [sentence("The tram will cost 9 million euros.", fact_about(data, "48"))]),
            ]
        },
    )
    written = write(model, wanted=3)
    drafts = merged(written, compose_embedded((TRAM,), BRIEF))
    assert [draft.id for draft in drafts] == ["d0", "d1", "d2"]
    assert [draft.engine for draft in drafts] == ["model", "embedded", "embedded"]
    whys = [draft.origin.why if draft.origin else None for draft in drafts]
    assert whys[0] is None
    assert "the number 9" in (whys[1] or "")
    assert whys[2] == "the model wrote 1 of 3 drafts"
    assert sum(draft.origin.tokens_in for draft in drafts if draft.origin) == written.origin.tokens_in


def test_a_model_that_failed_three_times_in_a_row_rests_for_a_minute(model: Model) -> None:
    now = 0.0

    async def steps() -> list[str | None]:
        nonlocal now
        server = Server(model="small", base_url=model.address, key=KEY)
        writer = ModelWriter(server, offload=in_process, timeout=SECONDS, clock=lambda: now)
        found = []
        for seconds in (0.0, 0.0, 0.0, 1.0, 30.0, 30.0):
            now += seconds
            missing = (await writer.compose((TRAM,), BRIEF, wanted=1)).missing
            found.append(missing[0] if missing else None)
        await writer.close()
        return found

    model.will("digest", *[Status(500)] * 3)
    why = "the server answered 500"
    rests = [f"the model is asked again in {left} s: {why}" for left in (59, 29)]
    assert asyncio.run(steps()) == [why, why, why, *rests, None]
    assert len(model.at("digest")) == 4


@pytest.mark.parametrize(("said", "left"), [("90", 89), ("7200", 3599), ("soon", None), (None, None)])
def test_a_server_that_says_when_to_come_again_is_left_alone_until_then(
    model: Model, said: str | None, left: int | None
) -> None:
    now = 0.0

    async def steps() -> list[tuple[str, ...]]:
        nonlocal now
        server = Server(model="small", base_url=model.address, key=KEY)
        writer = ModelWriter(server, offload=in_process, timeout=SECONDS, clock=lambda: now)
        first = (await writer.compose((TRAM,), BRIEF, wanted=1)).missing
        now += 1
        second = (await writer.compose((TRAM,), BRIEF, wanted=1)).missing
        await writer.close()
        return [first, second]

    model.will("digest", Status(429, retry_after=said))
    why = "the server answered 429: too many requests, or no credit"
    assert asyncio.run(steps()) == [(why,), (f"the model is asked again in {left} s: {why}",) if left else ()]
