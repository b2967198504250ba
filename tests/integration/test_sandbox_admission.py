import pytest

from tests.integration.sandbox_door import ME, Door, opened


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": ""}, 401),
        ({"x-api-key": "sk_other"}, 401),
        ({"x-api-key": "xq_anything"}, 200),
        ({"x-api-key": "", "Xquik-Api-Key": "xq_anything"}, 200),
        ({"x-api-key": "", "Authorization": "Bearer xq_anything"}, 200),
        ({"x-api-key": "", "Authorization": "Basic xq_anything"}, 401),
    ],
)
def test_any_key_of_the_right_shape_is_let_in(headers: dict[str, str], status: int) -> None:
    with opened() as door:
        answer = door.api.get("/x/accounts", headers=headers)
        assert answer.status_code == status
        if status == 401:
            assert answer.json()["error"] == "unauthenticated"


def test_with_a_key_of_its_own_only_that_is_let_in() -> None:
    with opened(api_key="xq_secret") as door:
        assert door.api.get("/credits", headers={"x-api-key": "xq_other"}).status_code == 401
        assert door.api.get("/credits", headers={"x-api-key": "xq_secret"}).status_code == 200


def used_up(door: Door, method: str, path: str, allowed: int, body: object = None) -> int:
    """Ask until refused; return the seconds that the refusal asks to wait."""
    for _ in range(allowed):
        assert door.api.request(method, path, json=body).status_code != 429
    refused = door.api.request(method, path, json=body)
    assert (refused.status_code, refused.json()["error"]) == (429, "rate_limit_exceeded")
    assert refused.json()["retryAfter"] == int(refused.headers["Retry-After"])
    return int(refused.headers["Retry-After"])


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed", "seconds"),
    [
        ("GET", "/x/accounts", None, 10, 1),
        ("POST", "/compose", {"step": "score", "draft": "x"}, 30, 60),
        ("DELETE", "/drafts/1", None, 15, 60),
    ],
)
def test_each_tier_is_a_fixed_window(method: str, path: str, body: object, allowed: int, seconds: int) -> None:
    with opened(limits=True) as door:
        assert used_up(door, method, path, allowed, body) == seconds
        door.clock.now += seconds - 0.01
        assert door.api.request(method, path, json=body).status_code == 429
        door.clock.now += 0.02
        assert used_up(door, method, path, allowed, body) == seconds


def test_the_tiers_do_not_share_their_windows_but_all_writes_share_one() -> None:
    with opened(limits=True) as door:
        used_up(door, "POST", "/compose", 30, {"step": "score", "draft": "x"})
        assert door.post("Hi").status_code == 429
        assert door.texts() == []
        assert door.api.get("/x/accounts").status_code == 200
        assert door.api.delete("/drafts/1").status_code == 404


def test_without_limits_nobody_waits() -> None:
    with opened() as door:
        assert {door.api.get("/x/accounts").status_code for _ in range(30)} == {200}


def test_write_requests_are_logged_with_what_was_answered() -> None:
    with opened() as door:
        door.post("Hi", key="k-1")
        door.api.post("/x/tweets", json={"account": ME})
        door.api.post("/drafts", json={"text": "x"}, headers={"x-api-key": "no"})
        door.api.get("/x/accounts")
        log = door.admin.get("/requests").json()["requests"]
        assert [(r["method"], r["path"], r["idempotency_key"], r["account"], r["status"]) for r in log] == [
            ("POST", "/x/tweets", "k-1", ME, 200),
            ("POST", "/x/tweets", None, ME, 400),
            ("POST", "/drafts", None, None, 401),
        ]


def test_the_admin_door_shows_every_tweet_in_order_and_the_planted_on_request() -> None:
    with opened() as door:
        first = door.post("One", key="k-1").json()["tweetId"]
        door.post("Two", reply_to_tweet_id=first)
        shown = door.admin.get("/tweets").json()["tweets"]
        assert [(t["account"], t["text"], t["reply_to"], t["idempotency_key"]) for t in shown] == [
            (ME, "One", None, "k-1"),
            (ME, "Two", first, None),
        ]
        assert door.admin.get("/tweets", params={"account": "ostinato_lab"}).json()["tweets"] == []
        assert len(door.admin.get("/tweets", params={"seeded": "true"}).json()["tweets"]) == 264


@pytest.mark.parametrize("body", [{"health": "sad"}, {"credits": -1}, {"credits": "9"}, {"mood": 1}])
def test_the_admin_door_refuses_what_it_does_not_know(body: object) -> None:
    with opened() as door:
        assert door.admin.post(f"/accounts/{ME}", json=body).json()["error"] == "invalid_input"
        assert door.admin.post("/accounts/nobody", json={}).json()["error"] == "account_not_found"
