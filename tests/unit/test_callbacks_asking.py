from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.asking import Answer, read
from callbacks.refused import Refused
from domain.question import Decision

REVISION = "1f0e5a7c93d2b846"


def answer(**given: object) -> Answer:
    return read(json.dumps({"revision": REVISION, **given}).encode(), revision=REVISION)


def test_a_decision_is_read_with_its_reason() -> None:
    assert answer(decision="approve") == Answer(Decision.APPROVE)
    assert answer(decision="veto", reason="too\nsoon") == Answer(Decision.VETO, reason="too soon")
    assert answer(decision="veto", reason="  ", posts=7) == Answer(Decision.VETO)
    replaced = answer(decision="replace", posts=[{"id": "p1", "text": "new", "score": 3}])
    assert replaced == Answer(Decision.REPLACE, {"p1": "new"})


def test_a_long_reason_is_cut_and_cannot_steer_a_terminal() -> None:
    reason = answer(decision="veto", reason="\x1b[31m" + "x" * 900).reason or ""
    assert (len(reason), "\x1b" in reason) == (200, False)


@pytest.mark.parametrize("decision", ["default_post", "default_drop", "APPROVE", None, 1, {}])
def test_only_three_decisions_can_be_given(decision: object) -> None:
    with pytest.raises(Refused, match="give approve, replace or veto"):
        answer(decision=decision)


def test_an_answer_about_another_revision_decides_nothing() -> None:
    with pytest.raises(Refused, match="it was asked about 1f0e5a7c93d2b846"):
        answer(decision="veto", revision="0" * 16)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_whatever_is_answered_is_a_decision_or_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        read(body, revision=REVISION)
