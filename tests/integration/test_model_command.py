from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.command_line import CommandLine
from tests.model_server import KEY, STALL, Model, Status, serving


@pytest.fixture
def model() -> Iterator[Model]:
    with serving() as found:
        yield found


@pytest.fixture
def ostinato(model: Model, tmp_path: Path) -> CommandLine:
    known = {
        "OPENAI_BASE_URL": model.address,
        "OPENAI_API_KEY": KEY,
        "OSTINATO_MODEL": "small",
        "OSTINATO_MODEL_PRICE_IN": "0.5",
        "OSTINATO_MODEL_PRICE_OUT": "2",
    }
    return CommandLine(tmp_path / "home", known)


def test_it_says_what_a_run_takes_and_costs(ostinato: CommandLine, model: Model) -> None:
    found = ostinato.json("model", "test")
    assert (found["model"], found["base_url"]) == ("small", model.address)
    assert found["structured_output"] is True
    assert found["left_out"] == []
    assert found["latency_ms"] >= 0
    run = found["run"]
    assert (run["calls"], run["tokens_in"], run["tokens_out"], run["cost_micros"]) == (2, 200, 40, 180)
    assert len(run["drafts"]) == 5
    assert run["missing"] == []
    assert model.at("probe")[0].headers["authorization"] == f"Bearer {KEY}"
    assert "cost of a run" in ostinato("model", "test").stdout


def test_a_local_server_needs_no_key(ostinato: CommandLine, model: Model) -> None:
    del ostinato.environ["OPENAI_API_KEY"]
    assert ostinato.json("model", "test")["run"]["drafts"]
    assert KEY not in str(model.asked)


def test_a_server_that_refuses_schemas_and_parameters_is_described(ostinato: CommandLine, model: Model) -> None:
    model.structured, model.unknown = False, ("temperature", "seed")
    found = ostinato.json("model", "test")
    assert found["structured_output"] is False
    assert found["left_out"] == ["json_schema", "json_object", "temperature", "seed"]


def test_a_server_with_only_a_json_mode_is_described(ostinato: CommandLine, model: Model) -> None:
    model.structured, model.json_mode = False, True
    found = ostinato.json("model", "test")
    assert (found["structured_output"], found["left_out"]) == (False, ["json_schema"])
    assert found["run"]["drafts"]


def test_a_model_that_thinks_at_length_is_tried_with_room_for_it(ostinato: CommandLine, model: Model) -> None:
    model.thinks = 3_000
    found = ostinato.json("model", "test")
    assert found["run"]["drafts"]
    assert model.at("write")[0].body["max_tokens"] > 3_000


def test_a_server_that_takes_a_schema_and_ignores_it_is_found_out(ostinato: CommandLine, model: Model) -> None:
    model.will("probe", "The capital of Iceland is Reykjavík.")
    assert ostinato.json("model", "test")["structured_output"] is False


def test_tokens_that_are_not_counted_cost_nothing_known(ostinato: CommandLine, model: Model) -> None:
    model.counts = False
    del ostinato.environ["OSTINATO_MODEL_PRICE_IN"]
    said = ostinato("model", "test").stdout
    assert "the server does not count them" in said
    assert "unknown: set both prices" in said


def test_a_model_whose_drafts_all_fail_is_a_failure_found(ostinato: CommandLine, model: Model) -> None:
    model.always("write", "no")
    model.always("repair", "no")
    result = ostinato("model", "test", code=1)
    assert "missing: the answer is not of the form asked for" in result.stdout
    assert "no draft of small passed the checks" in result.stderr


@pytest.mark.parametrize("answer", [Status(500), Status(429), Status(404), STALL, ""])
def test_a_server_that_does_not_answer_is_named_with_the_reason(
    ostinato: CommandLine, model: Model, answer: Status | str
) -> None:
    ostinato.environ["OSTINATO_MODEL_TIMEOUT"] = "2s"
    model.always("probe", answer)
    assert ostinato.refused("model", "test", code=8)["code"] == "outside"


@pytest.mark.parametrize("missing", ["OSTINATO_MODEL", "OPENAI_BASE_URL"])
def test_without_a_model_it_says_what_to_set(ostinato: CommandLine, missing: str) -> None:
    del ostinato.environ["OPENAI_API_KEY"], ostinato.environ[missing]
    assert ostinato.refused("model", "test", code=3)["code"] == "settings"
