import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.sandbox_door import ME, Door, opened

BOTH = pytest.mark.parametrize("api", ["durable", "seed"])


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as door:
        yield door


@pytest.fixture(scope="module")
def untouched() -> Iterator[Door]:
    """A sandbox that no test changes."""
    with opened() as door:
        yield door


def raw_post(door: Door, text: str) -> bytes:
    """Send one tweet over a bare socket and return every byte that came back before the connection ended."""
    body = json.dumps({"account": ME, "text": text}).encode()
    head = f"POST /api/v1/x/tweets HTTP/1.1\r\nHost: x\r\nx-api-key: xq_a\r\nContent-Length: {len(body)}\r\n\r\n"
    received = b""
    with socket.create_connection(("127.0.0.1", door.server.port), timeout=5) as connection:
        connection.sendall(head.encode() + body)
        while piece := connection.recv(65_536):
            received += piece
    return received


@BOTH
def test_drop_before_closes_without_a_byte_and_writes_nothing(api: str) -> None:
    with opened(api=api) as door:
        door.fault("drop_before")
        assert raw_post(door, "Lost") == b""
        assert door.texts() == []
        assert door.post("Lost").status_code == 200


@BOTH
def test_drop_after_closes_without_a_byte_but_has_written(api: str) -> None:
    with opened(api=api) as door:
        door.fault("drop_after", times=2)
        assert raw_post(door, "Stored") == b""
        with pytest.raises(httpx.RemoteProtocolError):
            door.post("Stored too")
        assert door.texts() == ["Stored", "Stored too"]
        log = door.admin.get("/requests").json()["requests"]
        assert [(r["method"], r["path"], r["status"], r["fault"]) for r in log] == [
            ("POST", "/x/tweets", None, "drop_after")
        ] * 2


def test_the_same_key_finds_what_a_dropped_answer_wrote(door: Door) -> None:
    door.fault("drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        door.post("Once", key="k-1")
    answer = door.post("Once", key="k-1").json()
    assert (answer["idempotent"], answer["success"]) == (True, True)
    assert door.texts() == ["Once"]


@pytest.mark.parametrize(
    ("api", "status", "code"), [("durable", 500, "x_write_ambiguous"), ("seed", 502, "x_write_failed")]
)
def test_error_after_writes_and_then_fails(api: str, status: int, code: str) -> None:
    with opened(api=api) as door:
        door.fault("error_after")
        answer = door.post("Stored")
        assert (answer.status_code, answer.json()["error"]) == (status, code)
        assert door.texts() == ["Stored"]


def test_error_after_names_the_record_when_asked(door: Door) -> None:
    door.fault("error_after", record=True, status=503)
    answer = door.post("Stored")
    record = door.api.get(f"/x/write-actions/{answer.json()['writeActionId']}").json()
    assert (answer.status_code, record["success"]) == (503, True)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "unauthenticated"),
        (402, "insufficient_credits"),
        (403, "account_restricted"),
        (500, "internal_error"),
        (503, "service_unavailable"),
    ],
)
def test_error_refuses_without_the_write(door: Door, status: int, code: str) -> None:
    door.fault("error", status=status)
    answer = door.post("Never")
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert door.texts() == []


def test_error_takes_a_code_of_its_own(door: Door) -> None:
    door.fault("error", status=403, code="account_needs_reauth")
    assert door.post("Never").json()["error"] == "account_needs_reauth"


def test_rate_limited_may_be_a_throttle_of_x(door: Door) -> None:
    door.fault("rate_limited", retry_after=7, code="x_rate_limited")
    answer = door.post("No")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"] == "x_rate_limited"


def test_rate_limited_says_how_long_to_wait(door: Door) -> None:
    door.fault("rate_limited", retry_after=7)
    door.fault("rate_limited", retry_after=9, bare=True)
    answer, bare = door.post("Never"), door.post("Never")
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["retryAfter"]) == (429, "7", 7)
    assert (bare.status_code, bare.headers["Retry-After"], bare.text) == (429, "9", "Rate limit exceeded")
    assert bare.headers["Content-Type"].startswith("text/plain")
    assert door.texts() == []


def test_a_pending_write_settles_after_its_time(door: Door) -> None:
    door.fault("pending", settle_after=30)
    answer = door.post("Later", key="k-1")
    record = answer.json()
    assert (answer.status_code, record["status"], record["success"]) == (202, "dispatching", False)
    assert answer.headers["Location"] == record["statusUrl"] == f"/api/v1/x/write-actions/{record['id']}"
    assert answer.headers["Retry-After"] == "2"
    assert "tweetId" not in record
    assert door.timeline() == []
    assert door.post("Later", key="k-1").status_code == 202
    assert door.api.get(f"/x/write-actions/{record['id']}").status_code == 202

    door.clock.now += 31
    assert door.timeline() == ["Later"]
    settled = door.api.get(f"/x/write-actions/{record['id']}")
    assert (settled.status_code, settled.json()["success"]) == (200, True)
    assert door.texts() == ["Later"]


def test_a_pending_write_settles_after_a_number_of_polls(door: Door) -> None:
    door.fault("pending", settle_polls=3)
    number = door.post("Later").json()["id"]
    statuses = [door.api.get(f"/x/write-actions/{number}").status_code for _ in range(4)]
    assert statuses == [202, 202, 200, 200]


def test_a_pending_write_that_fails_gives_its_credits_back(door: Door) -> None:
    door.fault("pending", settle_polls=1, outcome="failed")
    number = door.post("Never").json()["id"]
    record = door.api.get(f"/x/write-actions/{number}").json()
    assert (record["status"], record["success"], record["error"]) == ("failed", False, "x_write_failed")
    assert (record["billing"]["status"], door.balance()) == ("refunded", 77_000)
    assert door.timeline() == []


def test_a_refused_request_does_not_undo_a_settlement_that_was_due(door: Door) -> None:
    door.fault("pending", settle_after=30)
    number = door.post("Later").json()["id"]
    door.clock.now += 31
    assert door.api.get("/x/tweets/1").status_code == 404
    assert door.api.get(f"/x/write-actions/{number}").json()["success"] is True
    assert door.timeline() == ["Later"]


@pytest.mark.parametrize(
    ("outcome", "appears", "before", "after"),
    [
        ("success", "at_once", ["Maybe"], ["Maybe"]),
        ("success", "never", [], []),
        ("failed", "on_settle", [], ["Maybe"]),
        ("failed", "at_once", ["Maybe"], ["Maybe"]),
    ],
)
def test_what_a_pending_write_says_and_what_appears_may_differ(
    door: Door, outcome: str, appears: str, before: list[str], after: list[str]
) -> None:
    door.fault("pending", settle_polls=1, outcome=outcome, appears=appears)
    number = door.post("Maybe").json()["id"]
    assert door.timeline() == before
    assert door.api.get(f"/x/write-actions/{number}").json()["status"] == outcome
    assert door.timeline() == after


def test_pending_on_the_seed_generation_leaves_nothing_to_poll() -> None:
    with opened(api="seed") as door:
        door.fault("pending", settle_after=10)
        answer = door.post("Later")
        assert (answer.status_code, answer.json()["error"]) == (202, "x_write_unconfirmed")
        assert answer.json()["status"] == "pending_confirmation"
        assert door.timeline() == []
        door.clock.now += 11
        assert door.timeline() == ["Later"]


def test_lag_hides_what_is_newer_and_only_from_lists(door: Door) -> None:
    tweet = door.post("Fresh").json()["tweetId"]
    door.fault("lag", match={"path": "/x/"}, times=None, seconds=60)
    assert door.timeline() == []
    assert door.api.get("/x/tweets/search", params={"q": "Fresh from:ostinato_demo"}).json()["tweets"] == []
    assert door.api.get(f"/x/tweets/{tweet}").status_code == 200
    door.clock.now += 61
    assert door.timeline() == ["Fresh"]


def test_slow_answers_late_before_or_after_the_write(door: Door) -> None:
    door.fault("slow", seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        door.api.post("/x/tweets", json={"account": ME, "text": "Frozen"}, timeout=0.1)
    assert door.texts() == []
    # The caller has gone; the write comes all the same.
    deadline = time.monotonic() + 5
    while door.texts() != ["Frozen"] and time.monotonic() < deadline:
        pass
    assert door.texts() == ["Frozen"]
    door.fault("slow", seconds=0.3, after_write=True)
    with pytest.raises(httpx.ReadTimeout):
        door.api.post("/x/tweets", json={"account": ME, "text": "Written first"}, timeout=0.1)
    assert door.texts() == ["Frozen", "Written first"]
    assert [request["fault"] for request in door.admin.get("/requests").json()["requests"]] == ["slow", "slow"]


def test_cut_body_promises_more_than_it_sends(door: Door) -> None:
    door.fault("cut_body", times=2)
    head, _, body = raw_post(door, "Stored").partition(b"\r\n\r\n")
    promised = int(dict(line.split(b": ") for line in head.lower().splitlines()[1:])[b"content-length"])
    assert 0 < len(body) < promised
    with pytest.raises(httpx.RemoteProtocolError):
        door.post("Stored too")
    assert door.texts() == ["Stored", "Stored too"]


def test_wrong_json_is_no_json(door: Door) -> None:
    door.fault("wrong_json")
    answer = door.post("Stored")
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert (answer.status_code, door.texts()) == (200, ["Stored"])


def test_a_fault_meets_only_what_it_matches_and_only_so_often(door: Door) -> None:
    match = {"method": "POST", "path": "/x/tweets", "account": "@Ostinato_Demo", "text_contains": "part 2"}
    door.fault("error", match=match, times=2)
    assert [door.post(text).status_code for text in ("part 1", "part 2", "part 2", "part 2")] == [200, 500, 500, 200]
    other = {"account": "ostinato_lab", "text": "part 2"}
    assert door.api.post("/x/tweets", json=other).status_code == 200
    fault = door.admin.get("/faults").json()["faults"][0]
    assert (fault["fired"], fault["times"], fault["spent"]) == (2, 2, True)


def test_a_probe_without_an_account_uses_up_no_fault(door: Door) -> None:
    door.fault("drop_before")
    assert door.api.post("/x/tweets", json={}).status_code == 400
    assert raw_post(door, "Lost") == b""


def test_a_refused_write_does_not_use_up_a_fault_that_needs_a_write(door: Door) -> None:
    door.fault("drop_after")
    assert door.post("a" * 281).status_code == 422
    assert raw_post(door, "Stored") == b""


def refused_of_a_hundred(seed: int) -> list[int]:
    with opened(repeats=True) as door:
        door.fault("error", times=None, share=0.2, seed=seed)
        return [number for number in range(100) if door.post("Perhaps").status_code == 500]


def test_a_fault_with_a_share_meets_so_many_requests_and_the_same_ones_for_the_same_seed() -> None:
    first = refused_of_a_hundred(7)
    assert 10 <= len(first) <= 30
    assert refused_of_a_hundred(7) == first
    assert refused_of_a_hundred(8) != first


def test_a_share_leaves_the_requests_that_it_does_not_meet_to_the_next_fault(door: Door) -> None:
    door.fault("error", times=None, share=0.5)
    door.fault("error", times=None, status=503)
    assert {door.post("Either").status_code for _ in range(20)} == {500, 503}


def test_faults_are_deleted_on_request(door: Door) -> None:
    door.fault("error", times=None)
    assert door.post("No").status_code == 500
    assert door.admin.delete("/faults").json() == {"deleted": 1}
    assert door.post("Yes").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "explode"},
        {"kind": "slow", "second": 1},
        {"kind": "slow", "seconds": "1"},
        {"kind": "error", "times": 0},
        {"kind": "error", "match": {"verb": "POST"}},
        {"kind": "error", "status": 200},
        {"kind": "pending", "outcome": "maybe"},
        {"kind": "pending", "appears": "sometimes"},
        {"kind": "error", "share": 0},
        {"kind": "error", "share": "half"},
        {"kind": "error", "share": 0.5, "seed": "lucky"},
        {"kind": "error", "seed": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(untouched: Door, body: object) -> None:
    assert untouched.admin.post("/faults", json=body).json()["error"] == "invalid_input"
    assert untouched.admin.get("/faults").json() == {"faults": []}
