"""The daemon on PostgreSQL: killed right after a send, and started again, it posts each part once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.stage import stage, wait_for
from tests.acceptance.test_kill import check_books, settled, text_of
from tests.postgresql_server import address, create_database, drop_database

_numbers = itertools.count()


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    """The URL of an empty database on a real server; the daemon makes its tables."""
    name = f"daemon_{next(_numbers)}"
    create_database(postgresql, name)
    yield address(postgresql, name)
    drop_database(postgresql, name)


@pytest.mark.parametrize("kind", ["tweet", "thread"])
@pytest.mark.parametrize("api", ["durable", "seed"])
def test_a_daemon_killed_after_a_send_and_started_again_posts_each_part_once(
    tmp_path: Path, database: str, api: str, kind: str
) -> None:
    name, parts = f"{kind}-on-postgresql", 3 if kind == "thread" else 1
    with stage(tmp_path, api=api, database=database) as here:
        here.add_template(name, type=kind, text=text_of(kind, name), callbackUrl=here.receiver_url)
        killed = here.daemon(CRASH_AT="after:send", CRASH_PART=str(parts - 1))
        assert killed.wait_for_end() == -9, killed.printed
        assert len(here.tweets(name)) == parts

        daemon = here.daemon()
        end = wait_for(partial(settled, here, name), "the end of the run", within=30)
        check_books(here, name, end, parts=parts, unsent=False)
        assert here.publications(name)[-1].settled_by == ("replay" if api == "durable" else "timeline")
        assert daemon.stop() == 0, daemon.printed
