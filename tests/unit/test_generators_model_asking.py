from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from generators.model.answers import Digest, Writing, objects, read, schema
from generators.model.asking import Prices
from generators.model.prompts import FOLDER, WRITE, filled
from generators.model.server import Dialect, Question, Shape, adapted, arguments

# A prompt whose text changes gets a new version, and so a new name: what a draft's origin says stays true.
PROMPTS = {
    "describe-1": "816c514e1d026b61",
    "digest-1": "14d98f7b1a418ec8",
    "refine-2": "5ddfd853e6030c5e",
    "repair-1": "e3146e4ee38ec64c",
    "research-questions-1": "149531e2783d45f8",
    "research-report-1": "83aee78565796f98",
    "write-1": "4361854ced17441c",
}


def test_a_prompt_that_was_released_is_not_changed() -> None:
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in FOLDER.glob("*.md")}
    assert found == PROMPTS


def test_a_prompt_without_one_of_its_fields_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled(WRITE, language="en")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a {"b": "}{"} c', ['{"b": "}{"}']),
        ('{"b": "\\"}"} {', ['{"b": "\\"}"}']),
        ('{} and { {"c": 1}', ["{}", '{"c": 1}']),
        ("none", []),
    ],
)
def test_the_balanced_objects_are_found(text: str, found: list[str]) -> None:
    assert list(objects(text)) == found


FACT = '{"quote": "It will cost 48 million.", "kind": "number", "speaker": null}'
GOOD = f'{{"facts": [{FACT}]}}'


@pytest.mark.parametrize(
    "text",
    [
        f"<think>The facts {{are}} clear: {{}}</think>\n{GOOD}",
        f'<think>First try: {{"facts": []}}</think>{GOOD}',
        f"The schema says {{quote, kind}}. So:\n```json\n{GOOD}\n```\nI hope {{this}} helps.",
        f"{{}}\n{GOOD}",
        f"{GOOD} {GOOD}",
        f"\ufeff{GOOD}",
        '{"facts": [{"quote": "It will cost 48 million.", "kind": "number"}]}',
        f'{{"facts": [{FACT}, {{"quote": 3}}, "no", null]}}',
    ],
)
def test_an_answer_is_read_from_what_stands_around_it(text: str) -> None:
    assert [fact.quote for fact in read(Digest, text).facts] == ["It will cost 48 million."]


def test_a_draft_of_another_form_does_not_cost_the_others() -> None:
    good = '{"number": 2, "posts": [{"sentences": [{"text": "Good.", "facts": ["f1"]}]}]}'
    (idea,) = read(Writing, f'{{"drafts": [{{"number": "one", "posts": 3}}, {good}]}}').drafts
    assert (idea.number, idea.posts[0].sentences[0].before) == (2, "space")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"facts": 3}', '{"facts": [{"quote": 5}]}', '{"facts": ' + '{"a":' * 3000]
)
def test_an_answer_of_another_form_is_told_in_words(text: str) -> None:
    with pytest.raises(ValueError):
        read(Digest, text)


def test_more_than_the_form_allows_is_refused() -> None:
    fact = '{"quote": "x", "kind": "event", "speaker": null}'
    with pytest.raises(ValueError, match="at most 60"):
        read(Digest, f'{{"facts": [{",".join([fact] * 61)}]}}')


def closed(node: Any) -> bool:
    if isinstance(node, list):
        return all(map(closed, node))
    if not isinstance(node, dict):
        return True
    fine = node.get("type") != "object" or (
        node["additionalProperties"] is False and sorted(node["required"]) == sorted(node["properties"])
    )
    return fine and "$ref" not in node and "maxLength" not in node and all(map(closed, node.values()))


def test_schemas_are_what_strict_modes_take() -> None:
    assert closed(schema(Digest))
    assert closed(schema(Writing))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("'max_tokens' is not supported, use 'max_completion_tokens'", Dialect(limit="max_completion_tokens")),
        ("temperature does not support 0.0", Dialect(temperature=False)),
        ("unknown field seed", Dialect(seed=False)),
        ("response_format json_schema is not available", Dialect(shape=Shape.OBJECT)),
        ("the model does not exist", Dialect()),
    ],
)
def test_a_complaint_changes_what_it_names(message: str, expected: Dialect) -> None:
    assert adapted(Dialect(), message) == expected


def test_a_server_is_asked_in_words_when_it_has_no_json_mode_either() -> None:
    first = adapted(Dialect(), "'response_format.type' must be 'text'")
    assert adapted(first, "'response_format.type' must be 'text'") == Dialect(shape=Shape.WORDS)


def test_a_question_offers_no_tools_and_is_bounded() -> None:
    asked = arguments("m", Question("s", "u", {"type": "object"}, 0.8, 100, seed=3), Dialect())
    assert set(asked) == {"model", "messages", "max_tokens", "temperature", "seed", "response_format"}
    mode = arguments("m", Question("s", "u", {"x": 1}, 0.8, 100), Dialect(shape=Shape.OBJECT))
    assert (mode["response_format"], mode["max_tokens"]) == ({"type": "json_object"}, 100)
    assert '{"x": 1}' in mode["messages"][0]["content"]
    bare = arguments("m", Question("s", "u", {"x": 1}, 0.8, 100), Dialect(shape=Shape.WORDS, temperature=False))
    assert set(bare) == {"model", "messages", "max_tokens"}
    assert '{"x": 1}' in bare["messages"][0]["content"]


def test_a_price_for_a_million_tokens_is_a_millionth_for_one() -> None:
    assert Prices(Decimal("0.15"), Decimal("0.60")).micros(1_000_000, 500_000) == 450_000
