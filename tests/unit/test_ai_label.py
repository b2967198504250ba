from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.draft import Draft, Part
from domain.errors import InvalidInput
from domain.run import Facts, Run, RunStatus, Trigger
from domain.schedule import Grid, Schedule
from domain.template import AiLabel, PostType, Sources, StoredTemplate, Template, TemplateState, TemplateStatus
from domain.template_document import parse, to_document
from scheduler.ai_label import is_labelled
from scheduler.operations import checkup

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RUN = Run("r", "t", "acme", NOW, NOW, Trigger.SCHEDULE, RunStatus.WORKING)
FILE = {"name": "a", "account": "acme", "type": "tweet", "text": "words", "daily_count": 1}


def template(wish: AiLabel) -> Template:
    return Template("t", "a", "acme", PostType.TWEET, Schedule(Grid(1, NOW)), Sources(text="x"), made_with_ai=wish)


def draft(name: str, engine: str, refined_from: str | None = None) -> Draft:
    return Draft(name, (Part("x"),), engine=engine, refined_from=refined_from)


def labelled(wish: AiLabel, chosen: Draft, *others: Draft) -> bool:
    return is_labelled(template(wish), Facts(RUN, drafts=(chosen, *others), chosen=(chosen,)), 0)


@pytest.mark.parametrize("engine", ["embedded", "person"])
def test_what_no_model_wrote_is_labelled_only_when_the_template_says_always(engine: str) -> None:
    chosen = draft("d0", engine)

    assert [labelled(wish, chosen) for wish in AiLabel] == [False, True, False]


def test_what_a_model_wrote_is_labelled_unless_the_template_says_never() -> None:
    assert [labelled(wish, draft("d0", "model")) for wish in AiLabel] == [True, True, False]


def test_what_a_person_made_of_a_models_draft_is_labelled() -> None:
    edited, refined, first = draft("d2", "person", "d1"), draft("d1", "embedded", "d0"), draft("d0", "model")

    assert labelled(AiLabel.MODEL, edited, refined, first)


def test_drafts_that_name_each_other_are_looked_at_once() -> None:
    assert not labelled(AiLabel.MODEL, draft("d0", "person", "d1"), draft("d1", "person", "d0"))


def test_the_wish_is_read_from_a_file_and_written_back() -> None:
    def read(**more: Any) -> Template:
        return parse(FILE | more, id="t", now=NOW)

    assert read().made_with_ai is AiLabel.MODEL
    assert "made_with_ai" not in to_document(read())
    assert to_document(read(madeWithAi="never"))["made_with_ai"] == "never"
    with pytest.raises(InvalidInput, match="must be one of model, always, never"):
        read(made_with_ai=True)


def test_the_doctor_warns_of_a_label_that_is_never_sent() -> None:
    stored = [
        StoredTemplate(template(wish), TemplateState(TemplateStatus.ACTIVE, NOW, NOW, NOW))
        for wish in (AiLabel.ALWAYS, AiLabel.MODEL)
    ]

    (found,) = checkup.labels(stored, labels_ai=False)
    assert (found.level, found.remedy) == (
        checkup.Level.WARNING,
        "if your server takes it, set OSTINATO_XQUIK_AI_LABEL=on",
    )
    assert checkup.labels(stored, labels_ai=True) == []
    assert checkup.labels(stored[1:], labels_ai=False) == []
