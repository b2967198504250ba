"""The daemon's numbers over HTTP: they count what is everybody's, and are told to the operator."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from domain.token import Scope
from scheduler.metrics import Metrics
from scheduler.pulse import Pulse
from scheduler.watching import Watching
from storage.database import Database
from tests.integration.web_door import NOW, web_door
from web.own.examples import DOCUMENT


@pytest.fixture
def watching(database: Database) -> Iterator[Watching]:
    made = Watching(
        database=database,
        pulse=Pulse(time.monotonic),
        metrics=Metrics(),
        writer_alive=lambda: True,
        clock=lambda: NOW,
        patience=30,
    )
    yield made
    made.close()


def test_the_numbers_are_told_to_the_operator_alone_and_name_nobody(database: Database, watching: Watching) -> None:
    with web_door(database, watching=watching) as door:
        document = {**DOCUMENT, "name": "a-name-of-theirs", "account": "theiraccount"}
        door.done("POST", "/api/v1/templates", document, token=door.token(owner="other"))

        told = door.ask("GET", "/metrics", token=door.token(Scope.READ))
        assert (told.status_code, 'ostinato_templates{status="active"} 1.0' in told.text) == (200, True)
        assert not any(name in told.text for name in ("a-name-of-theirs", "theiraccount", "other"))

        for scopes in ([Scope.READ], []):
            refused = door.refused(403, "GET", "/metrics", token=door.token(*scopes, owner="other"))
            assert refused["code"] == "forbidden"
