from collections.abc import Iterator

import httpx
import pytest

from tests.integration.sandbox_door import ME, Door, opened

SOURCES = ["google_trends", "hacker_news", "polymarket", "trustmrr", "wikipedia", "github", "reddit"]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as door:
        yield door


@pytest.fixture(scope="module")
def untouched() -> Iterator[Door]:
    """A sandbox that no test changes."""
    with opened() as door:
        yield door


def test_fetching_a_style_costs_once_and_is_cached_for_seven_days(door: Door) -> None:
    first = door.api.post("/styles", json={"username": "@Sandra_Writes"})
    style = first.json()
    assert (first.status_code, style["xUsername"], style["tweetCount"]) == (201, "sandra_writes", 50)
    assert set(style["tweets"][0]) == {"id", "text", "authorUsername", "createdAt"}
    assert door.balance() == 77_000 - 50
    door.clock.now += 6 * 86_400
    assert door.api.post("/styles", json={"username": "sandra_writes"}).status_code == 200
    assert door.balance() == 77_000 - 50
    door.clock.now += 2 * 86_400
    assert door.api.post("/styles", json={"username": "sandra_writes"}).status_code == 201


def test_an_own_style_is_saved_replaced_listed_compared_and_deleted(door: Door) -> None:
    body = {"label": "Calm Voice", "tweets": [{"text": "one"}, {"text": "two"}]}
    saved = door.api.put("/styles/whatever", json=body).json()
    assert (saved["xUsername"], saved["tweetCount"], saved["isOwnAccount"]) == ("calm voice", 2, False)
    assert [tweet["id"] for tweet in saved["tweets"]] == ["0", "1"]
    door.api.put("/styles/whatever", json=body | {"tweets": [{"text": "three"}]})
    door.clock.now += 1
    door.api.post("/styles", json={"username": "lena_kocht"})
    listed = door.api.get("/styles").json()["styles"]
    assert [(style["xUsername"], style["tweetCount"]) for style in listed] == [("lena_kocht", 40), ("calm voice", 1)]
    assert "tweets" not in listed[0]
    pair = door.api.get("/styles/compare", params={"username1": "lena_kocht", "username2": "Calm Voice"}).json()
    assert (pair["style1"]["tweetCount"], pair["style2"]["tweets"][0]["text"]) == (40, "three")
    deleted = door.api.delete("/styles/calm%20voice", headers={"Content-Type": "application/json"})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert door.api.get("/styles/calm%20voice").json()["error"] == "style_not_found"


def test_performance_counts_live_and_costs_a_credit_per_tweet(door: Door) -> None:
    door.api.post("/styles", json={"username": "dr_ferro"})
    before = door.balance()
    answer = door.api.get("/styles/dr_ferro/performance").json()
    assert answer["tweetCount"] == len(answer["tweets"]) == 40
    assert answer["tweets"][0]["viewCount"] > answer["tweets"][0]["likeCount"] > 0
    assert door.balance() == before - 40


def test_the_x_identity_marks_the_own_style(door: Door) -> None:
    assert door.api.put("/account/x-identity", json={"username": "@Sandra_Writes"}).json() == {
        "success": True,
        "xUsername": "sandra_writes",
    }
    assert door.api.post("/styles", json={"username": "sandra_writes"}).json()["isOwnAccount"] is True
    assert door.api.get("/account").json()["xUsername"] == "sandra_writes"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/styles", {}, 400, "invalid_input"),
        ("POST", "/styles", {"username": "no_such_user"}, 404, "user_not_found"),
        ("PUT", "/styles/a", {"label": "a" * 31, "tweets": [{"text": "x"}]}, 400, "invalid_input"),
        ("PUT", "/styles/a", {"label": "a", "tweets": []}, 400, "invalid_input"),
        ("PUT", "/styles/a", {"label": "a", "tweets": [{"text": ""}]}, 400, "invalid_input"),
        ("GET", "/styles/nobody", None, 404, "style_not_found"),
        ("DELETE", "/styles/nobody", None, 404, "style_not_found"),
        ("GET", "/styles/nobody/performance", None, 404, "style_not_found"),
        ("GET", "/styles/compare?username1=a", None, 400, "missing_params"),
        ("GET", "/styles/compare?username1=a&username2=b", None, 404, "style_not_found"),
        ("PUT", "/account/x-identity", {"username": "not valid"}, 400, "invalid_input"),
        ("POST", "/drafts", {"text": ""}, 400, "invalid_input"),
        ("POST", "/drafts", {"text": "a" * 25_001}, 400, "invalid_input"),
        ("GET", "/drafts/x", None, 400, "invalid_id"),
        ("GET", "/drafts/99", None, 404, "draft_not_found"),
        ("DELETE", "/drafts/99", None, 404, "draft_not_found"),
        ("GET", "/radar?source=gossip", None, 400, "invalid_input"),
        ("GET", "/radar?category=gossip", None, 400, "invalid_input"),
        ("GET", "/trends?woeid=2", None, 400, "invalid_input"),
        ("GET", "/x/users/no-user!", None, 400, "invalid_username"),
        ("GET", "/x/users/no_such_user", None, 404, "user_not_found"),
        ("GET", "/x/users/no_such_user/tweets", None, 404, "user_not_found"),
        ("GET", "/x/tweets/1", None, 404, "tweet_not_found"),
        ("GET", "/x/articles/1", None, 404, "article_not_found"),
        ("GET", "/x/articles/x", None, 400, "invalid_tweet_id"),
        ("GET", "/x/accounts/x", None, 400, "invalid_id"),
        ("GET", "/x/accounts/99", None, 404, "not_found"),
        ("POST", "/x/media", {"account": ME}, 400, "invalid_input"),
        ("POST", "/x/media", {"account": ME, "url": "http://example.com/a.png"}, 422, "media_download_failed"),
        ("POST", "/x/media", {"account": ME, "url": "https://127.0.0.1/a.png"}, 422, "media_download_failed"),
        ("POST", "/x/media", {"account": "nobody", "url": "https://example.com/a.png"}, 404, "account_not_found"),
        ("GET", "/nowhere", None, 404, "not_found"),
        ("PATCH", "/drafts", None, 405, "method_not_allowed"),
    ],
)
def test_mistakes_are_named_by_their_code(
    untouched: Door, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = untouched.api.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_drafts_are_paged_newest_first_in_both_dialects(door: Door) -> None:
    for number in range(3):
        draft = {"text": f"draft {number}", "topic": "t" * 600, "goal": "fame"}
        created = door.api.post("/drafts", json=draft)
        assert created.status_code == 201
        assert (len(created.json()["topic"]), "goal" in created.json()) == (500, False)
    page = door.api.get("/drafts", params={"limit": 2}).json()
    assert [draft["text"] for draft in page["drafts"]] == ["draft 2", "draft 1"]
    assert page["hasMore"] is True
    assert page["afterCursor"] == page["nextCursor"]
    last = door.api.get("/drafts", params={"limit": 2, "afterCursor": page["afterCursor"]}).json()
    assert ([draft["text"] for draft in last["drafts"]], last["afterCursor"]) == (["draft 0"], None)
    assert "nextCursor" not in last
    assert door.api.delete(f"/drafts/{last['drafts'][0]['id']}").status_code == 204
    assert len(door.api.get("/drafts").json()["drafts"]) == 2


def test_account_and_credits_are_shown_in_both_spellings(door: Door) -> None:
    door.post("Ten credits")
    credit = door.api.get("/credits").json()
    assert (credit["balance"], credit["lifetimeUsed"], credit["lifetime_used"]) == ("76990", "63010", "63010")
    account = door.api.get("/account").json()
    assert account["plan"] == "active"
    assert account["monitorBilling"]["creditsPerActiveMonitorHour"] == "21"
    assert account["creditInfo"]["balance"] == "76990"
    assert "xUsername" not in account


def test_radar_is_recent_sorted_filtered_and_paged(door: Door) -> None:
    wide = door.api.get("/radar", params={"hours": 72, "limit": 100}).json()
    assert {item["source"] for item in wide["items"]} == set(SOURCES)
    scores = [item["score"] for item in wide["items"]]
    assert scores == sorted(scores, reverse=True)
    narrow = door.api.get("/radar").json()["items"]
    assert 10 < len(narrow) < len(wide["items"])
    page = door.api.get("/radar", params={"limit": 5}).json()
    rest = door.api.get("/radar", params={"limit": 100, "after": page["nextCursor"]}).json()
    assert page["items"] + rest["items"] == narrow
    assert (page["hasMore"], rest["hasMore"], "nextCursor" in rest) == (True, False, False)
    github = door.api.get("/radar", params={"source": "github", "category": "dev"}).json()["items"]
    assert [item["metadata"]["language"] for item in github] == ["Python", "Go", "SQL"]
    german = door.api.get("/radar", params={"region": "DE"}).json()["items"]
    assert [item["language"] for item in german] == ["de"]
    assert door.balance() == 77_000


@pytest.mark.parametrize("path", ["/trends", "/x/trends"])
def test_trends_of_every_place_cost_three_credits(door: Door, path: str) -> None:
    places = "1 23424977 23424975 23424969 23424950 23424829 23424819 23424856 23424848 23424768 23424775 23424900"
    for woeid in places.split():
        answer = door.api.get(path, params={"woeid": woeid}).json()
        assert (answer["total"], answer["woeid"]) == (30, int(woeid))
        assert set(answer["trends"][0]) == {"name", "rank", "query"}
    assert door.balance() == 77_000 - 36


def test_users_are_read_by_name_and_id(door: Door) -> None:
    by_name, by_id = door.api.get("/x/users/sandra_writes").json(), door.api.get("/x/users/2011").json()
    assert by_name == by_id
    assert (by_name["statusesCount"], by_name["verified"]) == (50, True)
    assert door.balance() == 77_000 - 2


def test_accounts_are_shown_in_both_spellings_and_can_be_disconnected(door: Door) -> None:
    accounts = door.api.get("/x/accounts").json()["accounts"]
    assert [account["username"] for account in accounts] == ["ostinato_demo", "ostinato_lab", "ostinato_de"]
    assert accounts[0]["xUsername"] == accounts[0]["username"]
    assert (accounts[0]["isActive"], accounts[0]["health"], accounts[0]["xUserId"]) == (True, "healthy", "2001")
    assert door.api.get("/x/accounts/1").json() == accounts[0]
    assert door.api.delete("/x/accounts/1").json() == {"success": True}
    assert door.post("Hi").json()["error"] == "account_not_found"


def test_an_article_is_given_flat_and_wrapped(door: Door) -> None:
    found = door.api.get("/x/tweets/search", params={"q": "from:dr_ferro harbours"}).json()["tweets"][0]
    before = door.balance()
    article = door.api.get(f"/x/articles/{found['id']}").json()
    assert article["title"] == article["article"]["title"] == "How tides shaped the first harbours"
    assert article["bodyHtml"].startswith("<p>A harbour is a promise")
    assert article["article"]["bodyText"] == "\n\n".join(part["text"] for part in article["article"]["contents"])
    assert article["author"]["username"] == "dr_ferro"
    assert door.balance() == before - 5


def test_an_uploaded_image_is_attached_and_served(door: Door) -> None:
    upload = door.api.post("/x/media", data={"account": ME}, files={"file": ("a.png", PNG)}).json()
    assert upload["success"] is True
    tweet = door.post("With a picture", media_ids=[upload["mediaId"]]).json()["tweetId"]
    media = door.api.get(f"/x/tweets/{tweet}").json()["tweet"]["media"]
    assert media == [{"type": "photo", "mediaUrl": upload["mediaUrl"], "url": upload["mediaUrl"]}]
    assert httpx.get(upload["mediaUrl"]).content == PNG
    text = door.api.post("/x/media", data={"account": ME}, files={"file": ("a.png", b"text")})
    assert (text.status_code, text.json()["error"]) == (400, "invalid_input")


def test_media_ids_live_for_a_day_and_a_video_stands_alone(door: Door) -> None:
    def upload(url: str) -> str:
        return str(door.api.post("/x/media", json={"account": ME, "url": url}).json()["mediaId"])

    image, video = upload("https://example.com/a.png"), upload("https://example.com/a.mp4")
    assert door.post("Both", media_ids=[image, video]).json()["error"] == "invalid_input"
    door.clock.now += 86_401
    assert door.post("Late", media_ids=[image]).json()["error"] == "invalid_input"
    assert door.post("", media=["https://example.com/a.png"]).status_code == 200
