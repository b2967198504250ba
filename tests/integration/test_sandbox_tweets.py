from collections.abc import Iterator

import pytest

from tests.integration.sandbox_door import ME, Door, opened


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as door:
        yield door


@pytest.fixture(scope="module")
def untouched() -> Iterator[Door]:
    """A sandbox that no test changes."""
    with opened() as door:
        yield door


def test_a_tweet_is_answered_with_every_field_of_a_write_record_and_is_read_back(door: Door) -> None:
    answer = door.post("Hello from the sandbox").json()

    assert answer["success"] is True
    assert answer["result"] == {"type": "tweet", "id": answer["tweetId"]}
    assert (answer["status"], answer["terminal"], answer["nextAction"]) == ("success", True, None)
    assert answer["billing"]["chargedCredits"] == "10"
    tweet = door.api.get(f"/x/tweets/{answer['tweetId']}").json()
    assert tweet["tweet"]["text"] == "Hello from the sandbox"
    assert tweet["author"]["username"] == ME
    assert tweet["tweet"]["url"] == f"https://x.com/i/status/{answer['tweetId']}"


def test_ids_are_strings_that_grow(door: Door) -> None:
    ids = [door.post(f"Post {number}").json()["tweetId"] for number in range(5)]
    assert all(isinstance(number, str) for number in ids)
    assert [int(number) for number in ids] == sorted({int(number) for number in ids})


def test_a_thread_shares_its_conversation(door: Door) -> None:
    first = door.post("Part one").json()["tweetId"]
    second = door.post("Part two", reply_to_tweet_id=first).json()["tweetId"]
    third = door.post("Part three", reply_to_tweet_id=second).json()["tweetId"]

    tweet = door.api.get(f"/x/tweets/{third}").json()["tweet"]
    assert (tweet["conversationId"], tweet["inReplyToId"], tweet["isReply"]) == (first, second, True)
    assert door.timeline() == ["Part one"]
    assert door.timeline(includeReplies="true") == ["Part three", "Part two", "Part one"]


@pytest.mark.parametrize("named", ["ostinato_demo", "@ostinato_demo", "Ostinato_Demo", "1"])
def test_an_account_is_named_by_username_or_id(door: Door, named: str) -> None:
    assert door.api.post("/x/tweets", json={"account": named, "text": "Hi"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": "Hi"}, 400, "invalid_input"),
        ({"account": ME}, 400, "invalid_input"),
        ({"account": ME, "text": "  "}, 400, "invalid_input"),
        ({"account": ME, "text": 7}, 400, "invalid_input"),
        ({"account": ME, "text": "Hi", "media_ids": ["12"]}, 400, "invalid_input"),
        ({"account": ME, "text": "Hi", "media": ["https://a.example/p.png"] * 5}, 400, "invalid_input"),
        ({"account": ME, "text": "Hi", "attachment_url": "ftp://example.com"}, 400, "invalid_input"),
        ({"account": ME, "text": "Hi", "reply_to_tweet_id": "x"}, 400, "invalid_input"),
        ({"account": "nobody", "text": "Hi"}, 404, "account_not_found"),
        ({"account": ME, "text": "Hi", "reply_to_tweet_id": "5"}, 422, "x_target_not_found"),
        ({"account": ME, "text": "a" * 281}, 422, "x_content_too_long"),
        ({"account": ME, "text": "字" * 141}, 422, "x_content_too_long"),
        ({"account": ME, "text": "a" * 1_000_000}, 422, "x_content_too_long"),
        ({"account": ME, "text": "a" * 25_001, "is_note_tweet": True}, 422, "x_content_too_long"),
    ],
)
def test_what_is_refused_is_not_stored_and_not_charged(untouched: Door, body: object, status: int, code: str) -> None:
    answer = untouched.api.post("/x/tweets", json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert answer.json()["message"]
    assert (untouched.texts(), untouched.balance()) == ([], 77_000)


def test_length_is_weighed_as_x_weighs_it(door: Door) -> None:
    assert door.post("字" * 140).status_code == 200
    assert door.post("a" * 256 + " https://example.com/" + "b" * 200).status_code == 200
    assert door.post("a" * 24_000, is_note_tweet=True).status_code == 200


def test_the_same_words_twice_in_a_day_are_a_duplicate(door: Door) -> None:
    first = door.post("Again and again").json()["tweetId"]
    assert door.post("Again and again").json()["error"] == "x_duplicate_action"
    assert door.post("Again and again", reply_to_tweet_id=first).status_code == 200
    assert door.api.post("/x/tweets", json={"account": "ostinato_lab", "text": "Again and again"}).status_code == 200
    door.clock.now += 86_401
    assert door.post("Again and again").status_code == 200


def test_a_sandbox_can_be_told_to_let_repeats_through() -> None:
    with opened(repeats=True) as door:
        assert [door.post("Twice").status_code for _ in range(2)] == [200, 200]
        assert door.texts() == ["Twice", "Twice"]


@pytest.mark.parametrize(
    ("health", "code"),
    [("needsReauth", "account_needs_reauth"), ("locked", "account_restricted"), ("suspended", "account_restricted")],
)
def test_an_account_that_is_not_healthy_is_not_posted_from(door: Door, health: str, code: str) -> None:
    assert door.admin.post(f"/accounts/{ME}", json={"health": health}).json()["isActive"] is False
    answer = door.post("Hi")
    assert (answer.status_code, answer.json()["error"]) == (403, code)
    door.admin.post(f"/accounts/{ME}", json={"health": "healthy"})
    assert door.post("Hi").status_code == 200


def test_a_deleted_tweet_is_gone_for_readers_and_only_its_author_deletes_it(door: Door) -> None:
    tweet = door.post("Short lived").json()["tweetId"]
    other = {"account": "ostinato_lab"}
    assert door.api.request("DELETE", f"/x/tweets/{tweet}", json=other).json()["error"] == "tweet_not_found"
    answer = door.api.request("DELETE", f"/x/tweets/{tweet}", json={"account": ME}).json()
    assert (answer["success"], answer["action"]) == (True, "delete_tweet")
    assert door.api.get(f"/x/tweets/{tweet}").json()["error"] == "tweet_not_found"
    assert door.timeline() == []
    assert door.admin.get("/tweets").json()["tweets"][0]["state"] == "deleted"


def test_an_empty_body_is_never_invalid_json(door: Door) -> None:
    answer = door.api.delete("/x/tweets/12", headers={"Content-Type": "application/json"})
    assert answer.json()["error"] == "invalid_input"
    for content in ("{", '{"account": "ostinato_demo", "text": "\\ud800"}', "[" * 100_000):
        assert door.api.post("/x/tweets", content=content).json()["error"] == "invalid_json"


def test_timelines_are_paged_and_cost_a_credit_per_tweet(door: Door) -> None:
    first = door.api.get("/x/users/sandra_writes/tweets").json()
    assert (len(first["tweets"]), first["has_next_page"], first["hasMore"]) == (20, True, True)
    assert first["next_cursor"] == first["nextCursor"]
    seen = [tweet["id"] for tweet in first["tweets"]]
    page = first
    while page["has_next_page"]:
        query = {"cursor": page["next_cursor"]}
        page = door.api.get("/x/users/2011/tweets", params=query).json()
        seen += [tweet["id"] for tweet in page["tweets"]]
    assert page["next_cursor"] == ""
    assert (len(seen), len(set(seen)), seen) == (50, 50, sorted(seen, reverse=True))
    assert door.balance() == 77_000 - 50
    assert door.api.get("/x/users/2011/tweets", params={"cursor": "%%"}).json()["error"] == "invalid_input"


def test_lists_shrink_to_what_the_balance_affords(door: Door) -> None:
    door.admin.post(f"/accounts/{ME}", json={"credits": 3})
    page = door.api.get("/x/users/sandra_writes/tweets").json()
    assert (len(page["tweets"]), page["has_next_page"]) == (3, True)
    assert door.api.get("/x/users/sandra_writes/tweets").json()["error"] == "insufficient_credits"
    assert door.post("Hi").status_code == 402
    assert door.texts() == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("from:sandra_writes", 20),
        ("from:sandra_writes draft", 4),
        ("from:sandra_writes draft -cheap", 3),
        ('"quiet morning"', 1),
        ("from:lena_kocht Zitrone OR from:yuki_machi 灯台", 3),
        ("nothingofthekind", 0),
    ],
)
def test_search_understands_the_syntax_of_x(door: Door, query: str, count: int) -> None:
    assert len(door.api.get("/x/tweets/search", params={"q": query}).json()["tweets"]) == count
    assert door.balance() == 77_000 - count


def test_search_without_a_query_is_refused(door: Door) -> None:
    assert door.api.get("/x/tweets/search").json()["error"] == "missing_query"
    assert door.api.get("/x/tweets/abc").json()["error"] == "invalid_tweet_id"


def test_links_are_shown_as_t_co_when_asked_to(door: Door) -> None:
    door.post("Tom & Jerry <3 https://example.com/a?b=1&c=2 now")
    door.fault("tco", match={"path": "/x/users"}, times=None)

    tweet = door.api.get(f"/x/users/{ME}/tweets").json()["tweets"][0]
    url = tweet["entities"]["urls"][0]
    assert tweet["text"] == f"Tom &amp; Jerry &lt;3 {url['url']} now"
    assert url["url"].startswith("https://t.co/")
    assert url["expanded_url"] == "https://example.com/a?b=1&c=2"
    assert door.texts() == ["Tom & Jerry <3 https://example.com/a?b=1&c=2 now"]
