from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.envelope import body
from domain.event import Event, EventType


def event(callback_data: str) -> Event:
    return Event(
        id="e1",
        type=EventType.RUN_SUCCEEDED,
        created_at=datetime(2026, 3, 1, 8, 30, 0, 123_456, tzinfo=UTC),
        data={"callbackData": callback_data, "posts": []},
        template_id="t1",
        run_id="r1",
        sequence=7,
    )


def test_an_event_stands_in_its_envelope() -> None:
    assert json.loads(body(event("42"))) == {
        "id": "e1",
        "type": "run.succeeded",
        "timestamp": "2026-03-01T08:30:00.123Z",
        "sequence": 7,
        "data": {"callbackData": "42", "posts": []},
    }


def test_the_bytes_are_the_same_in_every_attempt() -> None:
    assert body(event("42")) == body(event("42"))


@pytest.mark.parametrize(
    "callback_data",
    [
        "",
        "  leading,\ttab and\nnewline \r\n ",
        'quotes " and \\ backslashes \\u0041 \\n',
        '{"looks": "like JSON", "n": 1e400}',
        "nul \0 and bell \a",
        "e\u0301 is not \u00e9",
        "\N{ZERO WIDTH JOINER}\N{RIGHT-TO-LEFT OVERRIDE}\N{LINE SEPARATOR}",
        "\N{FAMILY}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}",
        "\ud800 alone",
        "</script><!--",
        "ß" * 500,
    ],
)
def test_callback_data_comes_back_as_it_was_given(callback_data: str) -> None:
    assert json.loads(body(event(callback_data)))["data"]["callbackData"] == callback_data


@given(st.text(st.characters(), max_size=500))
def test_any_callback_data_comes_back_as_it_was_given(callback_data: str) -> None:
    assert json.loads(body(event(callback_data)))["data"]["callbackData"] == callback_data
