from __future__ import annotations

import pytest

from storage.database import Database
from tests.integration.web_door import web_door
from web.own.examples import DOCUMENT

PATH = "/api/v1/templates"
SPOKEN = {"audio": "https://pod.example/episode.mp3"}


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_what_is_spoken_is_refused_without_a_model_with_what_to_configure(database: Database) -> None:
    with web_door(database) as door:
        door.done("POST", PATH, DOCUMENT)
        answers = [
            door.ask("POST", PATH, json={**DOCUMENT, **SPOKEN, "name": "spoken"}),
            door.ask("PUT", f"{PATH}/{DOCUMENT['name']}", json={**DOCUMENT, **SPOKEN}),
            door.ask("PATCH", f"{PATH}/{DOCUMENT['name']}", json=SPOKEN),
        ]
        assert len(door.get(PATH)["templates"]) == 1
    assert {answer.status_code for answer in answers} == {422}
    assert all("set OSTINATO_TRANSCRIPTION_MODEL" in answer.text for answer in answers)
