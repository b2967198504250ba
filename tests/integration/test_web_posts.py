"""Posts over HTTP: listed, shown, settled and taken back from X as `ostinato post` does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from domain.event import EventType
from domain.publication import PostStatus
from domain.run import RunStatus
from domain.schedule import Grid, Schedule
from domain.template import Approval, PostType
from domain.token import Scope
from sandbox.serve import SandboxServer
from storage.database import Database
from tests.integration.compatible_stage import Stage, staged
from tests.integration.scheduler_house import NOW, UNCLEAR, House, confirmed, draft
from tests.json_schema import misfits
from tests.memory_windows import MemoryWindows
from web.outside import Outside
from web.own.posts import DETAILS
from web.own.settling import OPERATIONS
from web.paging import cursor
from xquik.limits import UNLIMITED, Limiter
from xquik.transport import Retries, Transport

POSTS = "/api/v1/posts"
ACCOUNT = "ostinato_demo"
DELETED = next(each.answer for each in OPERATIONS if each.id == "deletePost")


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database) as opened:
        yield opened


def worked(house: House, *parts: str, template: str = "t1", **fields: Any) -> list[str]:
    """Have the run of a template write *parts*; give the ids of its posts in their order."""
    house.editor.drafts = (draft(*parts),)
    kind = PostType.THREAD if len(parts) > 1 else PostType.TWEET
    now = house.clock()
    house.template(template, type=kind, next_slot_at=now, schedule=Schedule(Grid(4, now)), **fields)
    house.plan()
    house.work()
    return [each.id for each in house.posts(template)]


def doubted(house: House, text: str = "Hello") -> str:
    house.publisher.answers[text] = [UNCLEAR]
    (post_id,) = worked(house, text)
    return post_id


def ids(page: Any) -> list[str]:
    return [each["id"] for each in page["posts"]]


def test_posts_are_listed_page_by_page_the_newest_first(stage: Stage) -> None:
    thread = worked(stage.house, "One", "Two", "Three")
    stage.later(minutes=5)
    (newer,) = worked(stage.house, "Four", template="t2")

    first = stage.door.get(f"{POSTS}?limit=2")
    second = stage.door.get(f"{POSTS}?limit=2&after={first['next']}")

    assert ids(first) + ids(second) == ids(stage.door.get(POSTS)) == [newer, *thread]
    assert second["next"] is None


def test_posts_are_chosen_by_template_run_account_state_and_time(stage: Stage) -> None:
    (out,) = worked(stage.house, "Hello")
    stage.later(minutes=5)
    (held,) = worked(stage.house, "Later", template="t2", account="Other", approval=Approval.APPROVE)
    run_id = stage.house.run().id

    for given, wanted in (
        ({"template": "name-of-t1"}, [out]),
        ({"template": "t2"}, [held]),
        ({"run": run_id}, [out]),
        ({"account": "other"}, [held]),
        ({"status": "awaiting_approval"}, [held]),
        ({"since": stage.house.clock().isoformat()}, [held]),
        ({"until": stage.house.clock().isoformat()}, [out]),
        ({"since": NOW.isoformat(), "status": "unknown"}, []),
        ({"after": cursor(0, "r", 0, 0)}, []),
    ):
        assert ids(stage.door.get(POSTS, params=given)) == wanted, given
    for given in ({"template": "nothing"}, {"run": "nothing"}):
        assert stage.door.refused(404, "GET", POSTS, params=given)["code"] == "not_found"


def test_a_post_is_shown_with_where_its_words_come_from_by_its_id_or_its_publications(stage: Stage) -> None:
    (post_id,) = worked(stage.house, "Hello")

    shown = stage.door.get(f"{POSTS}/{post_id}")

    assert misfits(shown, DETAILS) == []
    assert (shown["text"], shown["status"], shown["template"]) == ("Hello", "published", "name-of-t1")
    (sent,) = shown["publications"]
    assert sent["outcome"] == "confirmed"
    assert stage.door.get(f"{POSTS}/{sent['id']}") == shown


def test_a_post_in_doubt_is_settled_as_out_and_its_run_goes_on(stage: Stage) -> None:
    post_id = doubted(stage.house)

    body = {"tweet": "https://x.com/demo/status/1790000000000000001", "note": "seen in the timeline"}
    shown = stage.door.done("POST", f"{POSTS}/{post_id}/settle", body)
    stage.house.work()

    assert misfits(shown, DETAILS) == []
    assert (shown["status"], shown["tweet_id"]) == ("published", "1790000000000000001")
    assert stage.house.run().status is RunStatus.POSTED
    (told,) = (each.data["settled"] for each in stage.house.events() if each.type is EventType.POST_SETTLED)
    assert told == {"outcome": "confirmed", "by": "person", "note": "seen in the timeline"}


def test_a_post_in_doubt_is_settled_as_not_out_and_is_not_sent_again(stage: Stage) -> None:
    post_id = doubted(stage.house)

    stage.door.done("POST", f"{POSTS}/{post_id}/settle", {"notPosted": True})
    stage.house.work()

    assert [each.status for each in stage.house.posts()] == [PostStatus.FAILED]
    assert len(stage.house.publisher.sent) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "give either tweet"),
        ({"tweet": "1790000000000000001", "not_posted": True}, "give either tweet"),
        ({"tweet": "one of those"}, "neither a tweet's id nor its URL"),
        ({"tweet": "123"}, "is too short for a tweet's id"),
        ({"tweet": 5}, "must be text"),
    ],
)
def test_what_settles_nothing_is_refused(stage: Stage, body: Any, said: str) -> None:
    post_id = doubted(stage.house)

    assert said in stage.door.refused(422, "POST", f"{POSTS}/{post_id}/settle", body)["detail"]


def test_what_is_known_is_not_settled(stage: Stage) -> None:
    (post_id,) = worked(stage.house, "Hello")

    told = stage.door.refused(409, "POST", f"{POSTS}/{post_id}/settle", {"not_posted": True})

    assert "nothing about it is unknown" in told["detail"]


@pytest.mark.parametrize(("method", "call"), [("POST", "/settle"), ("DELETE", "")])
def test_settling_and_deleting_take_the_scope_publish(stage: Stage, method: str, call: str) -> None:
    post_id = doubted(stage.house)

    token = stage.door.token(Scope.READ, Scope.WRITE)
    stage.door.refused(403, method, f"{POSTS}/{post_id}{call}", token=token)


class Outdoors:
    """A stage whose door asks the sandbox, on which posts are out."""

    def __init__(self, sandbox: SandboxServer, stage: Stage) -> None:
        self.sandbox, self.stage = sandbox, stage

    def api(self, method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"x-api-key": "xq_test"}
        return httpx.request(method, self.sandbox.base_url + path, json=body or None, headers=headers, trust_env=False)

    def fault(self, kind: str) -> None:
        fault = {"kind": kind, "match": {"method": "DELETE"}, "times": 1}
        httpx.post(f"{self.sandbox.admin_url}/faults", json=fault, trust_env=False).raise_for_status()

    def posted(self, *parts: str) -> dict[str, str]:
        """Have the parts posted; give their tweets' ids by the posts' ids, the first part first."""
        tweets: list[str] = []
        for text in parts:
            reply = {"reply_to_tweet_id": tweets[-1]} if tweets else {}
            tweets.append(self.api("POST", "/x/tweets", account=ACCOUNT, text=text, **reply).json()["tweetId"])
            self.stage.house.publisher.answers[text] = [confirmed(tweets[-1])]
        return dict(zip(worked(self.stage.house, *parts, account=ACCOUNT), tweets, strict=True))

    def is_out(self, tweet: str) -> bool:
        return self.api("GET", f"/x/tweets/{tweet}").status_code == 200

    def told(self) -> int:
        return sum(each.type is EventType.POST_DELETED for each in self.stage.house.events())


@pytest.fixture
def outdoors(database: Database, sandbox: SandboxServer) -> Iterator[Outdoors]:
    def clock() -> datetime:
        return datetime.now(UTC)

    # A connection belongs to the loop of one call.
    client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
    limits = Limiter(MemoryWindows(), clock=clock, tiers=UNLIMITED)
    transport = Transport(
        base_url=sandbox.base_url,
        key="xq_test",
        client=client,
        limits=limits,
        clock=clock,
        retries=Retries(attempts=1),
    )
    with staged(database, outside=Outside(transport=transport)) as stage:
        yield Outdoors(sandbox, stage)


def test_a_post_is_deleted_from_x_kept_as_deleted_and_told_once(outdoors: Outdoors) -> None:
    ((post_id, tweet),) = outdoors.posted("Hello").items()

    shown = outdoors.stage.door.done("DELETE", f"{POSTS}/{post_id}?note=wrong+date")
    again = outdoors.stage.door.done("DELETE", f"{POSTS}/{post_id}")

    assert misfits(shown, DELETED or {}) == []
    assert [(each["id"], each["status"]) for each in shown["deleted"]] == [(post_id, "deleted")]
    assert again["deleted"] == shown["deleted"]
    assert not outdoors.is_out(tweet)
    assert outdoors.told() == 1


def test_a_thread_is_deleted_from_its_last_part(outdoors: Outdoors) -> None:
    out = outdoors.posted("One", "Two", "Three")

    shown = outdoors.stage.door.done("DELETE", f"{POSTS}/{next(iter(out))}?thread=true")

    assert ids({"posts": shown["deleted"]}) == list(reversed(out))
    assert [outdoors.is_out(tweet) for tweet in out.values()] == [False] * 3


def test_a_lost_answer_is_said_as_such_and_asking_again_does_no_harm(outdoors: Outdoors) -> None:
    ((post_id, tweet),) = outdoors.posted("Hello").items()
    outdoors.fault("drop_after")

    lost = outdoors.stage.door.refused(502, "DELETE", f"{POSTS}/{post_id}")
    shown = outdoors.stage.door.get(f"{POSTS}/{post_id}")

    assert misfits(lost, DELETED or {}) == []
    assert (lost["unclear"], ids({"posts": lost["left"]}), lost["deleted"]) == (True, [post_id], [])
    for each in (lost, shown):
        assert "it is not known whether it did" in each["error"]
    assert outdoors.told() == 0
    assert outdoors.stage.door.done("DELETE", f"{POSTS}/{post_id}")["deleted"][0]["error"] is None
    assert (outdoors.is_out(tweet), outdoors.told()) == (False, 1)


def test_what_x_refuses_is_out_still(outdoors: Outdoors) -> None:
    ((post_id, tweet),) = outdoors.posted("Hello").items()
    locked = {"health": "locked"}
    httpx.post(f"{outdoors.sandbox.admin_url}/accounts/{ACCOUNT}", json=locked, trust_env=False)

    left = outdoors.stage.door.refused(502, "DELETE", f"{POSTS}/{post_id}")

    assert (left["unclear"], ids({"posts": left["left"]})) == (False, [post_id])
    assert outdoors.is_out(tweet)


def test_what_is_not_certainly_out_is_not_deleted(stage: Stage) -> None:
    post_id = doubted(stage.house)
    (held,) = worked(stage.house, "Later", template="t2", approval=Approval.APPROVE)

    assert "settle it first" in stage.door.refused(409, "DELETE", f"{POSTS}/{post_id}")["detail"]
    assert "is not out" in stage.door.refused(409, "DELETE", f"{POSTS}/{held}")["detail"]


def test_without_a_key_nothing_is_deleted(stage: Stage) -> None:
    (post_id,) = worked(stage.house, "Hello")

    assert stage.door.refused(409, "DELETE", f"{POSTS}/{post_id}")["code"] == "not_configured"
    assert stage.house.posts()[0].status is PostStatus.PUBLISHED


def test_a_tweet_that_settles_a_post_is_looked_at_unless_it_is_taken_unseen(outdoors: Outdoors) -> None:
    post_id = doubted(outdoors.stage.house)
    tweet = outdoors.api("POST", "/x/tweets", account=ACCOUNT, text="Something else").json()["tweetId"]
    door, path = outdoors.stage.door, f"{POSTS}/{post_id}/settle"

    assert f"a tweet of @{ACCOUNT}, not of @demo" in door.refused(422, "POST", path, {"tweet": tweet})["detail"]
    assert "is no tweet that the API knows" in door.refused(422, "POST", path, {"tweet": "1234567890123"})["detail"]
    assert door.done("POST", path, {"tweet": tweet, "force": True})["tweet_id"] == tweet
