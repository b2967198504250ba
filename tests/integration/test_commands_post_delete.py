from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

import cli
from domain.draft import Draft, Part
from domain.event import EventType
from domain.publication import Outcome, PostStatus, Settlement
from domain.reasons import Reason
from domain.run import RunStatus
from sandbox.options import SandboxOptions
from sandbox.serve import SandboxServer
from scheduler.shown import event_schemas
from storage import events, publications, runs
from storage.statements import Write
from tests.integration.command_line import CommandLine
from tests.integration.storage_values import NOW, held_run, post, publication, written
from tests.json_schema import misfits

ACCOUNT = "ostinato_demo"


@pytest.fixture(params=["durable", "seed"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(limits=False, api=request.param)) as server:
        yield server


@pytest.fixture
def ostinato(tmp_path: Path, sandbox: SandboxServer) -> CommandLine:
    environ = {"OSTINATO_XQUIK_URL": sandbox.base_url, "OSTINATO_XQUIK_KEY": "xq_test"}
    command_line = CommandLine(tmp_path / "home", environ)
    command_line("template", "list")
    return command_line


def api(sandbox: SandboxServer, method: str, path: str, **body: Any) -> Any:
    headers = {"x-api-key": "xq_test"}
    return httpx.request(method, sandbox.base_url + path, json=body or None, headers=headers, trust_env=False)


def fault(sandbox: SandboxServer, kind: str, **params: Any) -> None:
    body = {"kind": kind, "match": {"method": "DELETE"}, "times": 1, **params}
    httpx.post(f"{sandbox.admin_url}/faults", json=body, trust_env=False).raise_for_status()


def is_out(sandbox: SandboxServer, tweet: str) -> bool:
    return bool(api(sandbox, "GET", f"/x/tweets/{tweet}").status_code == 200)


def posted(ostinato: CommandLine, sandbox: SandboxServer, parts: int = 1) -> list[str]:
    """Record a run whose posts are out, on the sandbox too; give the tweets' ids, the first part first."""
    tweets: list[str] = []
    with ostinato.database() as database:
        hold = held_run(database)
        with database.write() as c:
            for table in ("templates", "runs"):
                c.exec_driver_sql(f"UPDATE {table} SET account = '{ACCOUNT}'")
        thread = Draft("d0", tuple(Part(f"Hello {part}") for part in range(parts)))
        posts = [post(hold, part) for part in range(parts)]
        writes: list[Write] = [
            runs.record_gather(hold, [], [], item_ids=[], template_id="t1", now=NOW),
            runs.record_drafts(hold, (thread,), now=NOW),
            runs.record_choice(hold, (thread,), ["d0"], "the only one", posts, now=NOW),
        ]
        for part in range(parts):
            reply = {"reply_to_tweet_id": tweets[-1]} if tweets else {}
            sent = api(sandbox, "POST", "/x/tweets", account=ACCOUNT, text=f"Hello {part}", **reply).json()["tweetId"]
            tweets.append(sent)
            found = Settlement(Outcome.CONFIRMED, "answer", tweet_id=sent)
            one = publication(hold, part)
            writes += [
                publications.intend(hold, one),
                publications.settle(hold, one.id, found, group=0, part=part, now=NOW, post_status=PostStatus.PUBLISHED),
            ]
        asyncio.run(written(database, *writes))
        with database.write() as c:
            c.exec_driver_sql("UPDATE posts SET account = 'ostinato_demo'")
            ended = f"status = '{RunStatus.PARTIAL.value}', reason = '{Reason.THREAD_PARTIAL.value}'"
            c.exec_driver_sql(f"UPDATE runs SET {ended}, lease_owner = NULL, leased_until = NULL")
    return tweets


def told(ostinato: CommandLine) -> list[dict[str, Any]]:
    with ostinato.database() as database, database.read() as c:
        return [each.data for each in events.list_events(c, types=[EventType.POST_DELETED])]


def test_a_post_is_deleted_from_x_and_kept_as_deleted(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    (tweet,) = posted(ostinato, sandbox)

    shown = ostinato.json("post", "delete", "r1-0-0", "--yes", "--note", "wrong date")

    assert not is_out(sandbox, tweet)
    assert [(each["id"], each["status"], each["tweet_id"]) for each in shown["deleted"]] == [
        ("r1-0-0", "deleted", tweet)
    ]
    (data,) = told(ostinato)
    envelope = {"id": "e", "type": "post.deleted", "timestamp": "2026-03-01T00:00:00.000Z", "sequence": 1, "data": data}
    assert misfits(envelope, event_schemas.event()) == []
    assert data["deleted"] == {"by": "person", "note": "wrong date"}
    assert [(each["status"], each["tweetId"]) for each in data["posts"]] == [("deleted", tweet)]
    assert ostinato.json("post", "show", "r1-0-0")["publications"][0]["outcome"] == "confirmed"


def test_deleting_again_asks_nobody_and_tells_nobody(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    posted(ostinato, sandbox)
    ostinato("post", "delete", "r1-0-0", "--yes")
    ostinato.environ["OSTINATO_XQUIK_URL"] = "http://127.0.0.1:9/api/v1"

    assert ostinato.json("post", "delete", "r1-0-0", "--yes")["deleted"][0]["status"] == "deleted"
    assert len(told(ostinato)) == 1


def test_a_thread_is_deleted_from_its_last_part(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    tweets = posted(ostinato, sandbox, parts=3)

    shown = ostinato.json("post", "delete", "r1-0-0", "--thread", "--yes")

    assert [each["part"] for each in shown["deleted"]] == [2, 1, 0]
    assert [is_out(sandbox, each) for each in tweets] == [False] * 3
    asked = httpx.get(f"{sandbox.admin_url}/requests", trust_env=False).json()["requests"]
    deleted = [each["path"].rpartition("/")[2] for each in asked if each["method"] == "DELETE"]
    assert deleted == list(reversed(tweets))


def test_one_part_of_a_thread_is_deleted_alone(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    tweets = posted(ostinato, sandbox, parts=2)

    ostinato("post", "delete", "r1-0-1", "--yes")

    assert [is_out(sandbox, each) for each in tweets] == [True, False]


def test_a_lost_answer_is_said_and_can_be_asked_again(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    (tweet,) = posted(ostinato, sandbox)
    fault(sandbox, "drop_after")

    lost = ostinato.json("post", "delete", "r1-0-0", "--yes", code=6)

    assert lost["unclear"] is True
    assert [each["id"] for each in lost["left"]] == ["r1-0-0"]
    assert told(ostinato) == []
    assert "it is not known whether it did" in ostinato.json("post", "show", "r1-0-0")["error"]
    assert ostinato.json("post", "delete", "r1-0-0", "--yes")["deleted"][0]["error"] is None
    assert not is_out(sandbox, tweet)
    assert len(told(ostinato)) == 1


def test_what_fails_stops_a_thread_and_the_next_try_goes_on_there(
    ostinato: CommandLine, sandbox: SandboxServer
) -> None:
    tweets = posted(ostinato, sandbox, parts=2)
    httpx.post(f"{sandbox.admin_url}/accounts/{ACCOUNT}", json={"health": "locked"}, trust_env=False)

    refused = ostinato.json("post", "delete", "r1-0-0", "--thread", "--yes", code=6)

    assert (refused["unclear"], [each["part"] for each in refused["left"]]) == (False, [1, 0])
    assert [is_out(sandbox, each) for each in tweets] == [True, True]


def test_a_tweet_that_is_gone_already_is_noted_as_deleted(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    (tweet,) = posted(ostinato, sandbox)
    api(sandbox, "DELETE", f"/x/tweets/{tweet}", account=ACCOUNT)

    assert ostinato.json("post", "delete", "r1-0-0", "--yes")["deleted"][0]["status"] == "deleted"


def test_an_account_that_is_not_there_is_not_a_deleted_tweet(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    (tweet,) = posted(ostinato, sandbox)
    with ostinato.database() as database, database.write() as c:
        c.exec_driver_sql("UPDATE posts SET account = 'stranger'")

    ostinato("post", "delete", "r1-0-0", "--yes", code=6)

    assert is_out(sandbox, tweet)
    assert ostinato.json("post", "show", "r1-0-0")["status"] == "published"


@pytest.mark.parametrize(("words", "code"), [((), 1), (("--dry-run",), 0)])
def test_without_a_yes_nothing_is_deleted(
    ostinato: CommandLine, sandbox: SandboxServer, words: tuple[str, ...], code: int
) -> None:
    (tweet,) = posted(ostinato, sandbox)
    environ = {"OSTINATO_HOME": str(ostinato.home), **ostinato.environ}

    result = CliRunner().invoke(cli.main, ["post", "delete", "r1-0-0", *words], env=environ, input="n\n")

    assert result.exit_code == (130 if code else 0)
    assert "Hello 0" in result.output
    assert is_out(sandbox, tweet)
    assert ostinato.json("post", "show", "r1-0-0")["status"] == "published"


@pytest.mark.parametrize(
    ("status", "named"), [("unknown", "post settle"), ("publishing", "being published"), ("failed", "not out")]
)
def test_what_is_not_certainly_out_is_not_deleted(
    ostinato: CommandLine, sandbox: SandboxServer, status: str, named: str
) -> None:
    (tweet,) = posted(ostinato, sandbox)
    with ostinato.database() as database, database.write() as c:
        c.exec_driver_sql(f"UPDATE posts SET status = '{status}'")

    assert named in ostinato.refused("post", "delete", "r1-0-0", "--yes", code=5)["message"]
    assert is_out(sandbox, tweet)


def test_a_thread_that_goes_on_is_not_deleted_under_it(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    (tweet,) = posted(ostinato, sandbox)
    with ostinato.database() as database, database.write() as c:
        c.exec_driver_sql("UPDATE runs SET status = 'queued', reason = NULL")

    assert "may go on" in ostinato.refused("post", "delete", "r1-0-0", "--yes", code=5)["message"]
    assert is_out(sandbox, tweet)


def test_json_asks_nothing(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    posted(ostinato, sandbox)

    assert "--yes" in ostinato.refused("post", "delete", "r1-0-0", code=2)["message"]


def test_without_anybody_to_answer_the_option_is_named(ostinato: CommandLine, sandbox: SandboxServer) -> None:
    (tweet,) = posted(ostinato, sandbox)

    assert "--yes" in ostinato("post", "delete", "r1-0-0", code=2).stderr
    assert is_out(sandbox, tweet)
