"""schemathesis goes over the whole OpenAPI document, all its checks, on a real port."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.database import open_database
from tests.integration.web_door import served, web_door

pytest.importorskip("schemathesis")

SECONDS = 25  # that fuzzing may take at most
# A schema says of which kind each field is. That a zone exists, or a slot is to come, it cannot say: such a body fits
# the schema and is refused with 422 (400 by the compatible operations). And a creating call that is sent again under
# its key gets its answer again, also where what it had made was deleted since. A body may be too large as well.
CONFIG = """
[checks]
ensure_resource_availability.enabled = false
positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "413", "422", "429"]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429"]

[[operations]]
include-operation-id = "listEvents"
parameters = { "query.wait" = 0 }
"""
# A stream has no end that a fuzzer could wait for: test_web_event_stream.py has its answers. Nor waits one for events.
ENDLESS = "streamEvents"


@pytest.mark.timeout(180)
def test_no_answer_is_another_than_the_document_says(migrated_sqlite: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "ostinato.db")
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    database = open_database(f"sqlite:///{tmp_path / 'ostinato.db'}")
    words = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml"), "run"),
        *("--exclude-operation-id", ENDLESS),
        *("--checks", "all", "--max-examples", "8", "--seed", "7", "--max-time", str(SECONDS), "--no-color"),
    ]
    with web_door(database) as door, served(door.app) as url:
        words += ["-H", f"Authorization: Bearer {door.token()}", f"{url}/openapi.json"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    database.close()

    assert done.returncode == 0, done.stdout + done.stderr
