from collections.abc import Iterator

import pytest

from tests.integration.sandbox_door import ME, Door, opened


@pytest.fixture
def durable() -> Iterator[Door]:
    with opened() as door:
        yield door


@pytest.fixture
def seed() -> Iterator[Door]:
    with opened(api="seed") as door:
        yield door


def test_a_replay_returns_the_original_record_and_charges_nothing(durable: Door) -> None:
    first = durable.post("Once", key="k-1")
    again = durable.post("Once", key="k-1")

    assert again.status_code == 200
    assert again.json() == first.json() | {"idempotent": True}
    assert (durable.texts(), durable.balance()) == (["Once"], 76_990)


def test_a_replay_is_answered_even_when_the_account_has_broken_since(durable: Door) -> None:
    first = durable.post("Once", key="k-1").json()
    durable.admin.post(f"/accounts/{ME}", json={"health": "locked", "credits": 0})
    assert durable.post("Once", key="k-1").json()["tweetId"] == first["tweetId"]


def test_another_payload_under_the_same_key_is_a_conflict(durable: Door) -> None:
    durable.post("Once", key="k-1")
    answer = durable.post("Something else", key="k-1")
    assert (answer.status_code, answer.json()["error"]) == (409, "idempotency_conflict")
    assert answer.json()["nextAction"] == {"type": "retry", "requiresNewIdempotencyKey": True}
    assert durable.texts() == ["Once"]


@pytest.mark.parametrize("key", ["", "a b", "ä", "k" * 256, "tab\there"])
def test_a_malformed_key_is_named_before_the_body_is_looked_at(durable: Door, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode())]
    for content in (b"", b"{"):
        answer = durable.api.post("/x/tweets", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_idempotency_key")


def test_a_refused_write_does_not_use_up_its_key(durable: Door) -> None:
    assert durable.post("a" * 281, key="k-1").status_code == 422
    assert durable.post("Shorter", key="k-1").status_code == 200


def test_deleting_and_uploading_replay_too(durable: Door) -> None:
    tweet = durable.post("Short lived").json()["tweetId"]
    for idempotent in (None, True):
        headers = {"Idempotency-Key": "del-1"}
        answer = durable.api.request("DELETE", f"/x/tweets/{tweet}", json={"account": ME}, headers=headers).json()
        assert (answer["success"], answer.get("idempotent")) == (True, idempotent)
    body = {"account": ME, "url": "https://example.com/a.png"}
    ids = {durable.api.post("/x/media", json=body, headers={"Idempotency-Key": "m"}).json()["mediaId"] for _ in "ab"}
    assert len(ids) == 1


def test_a_record_is_found_by_its_id(durable: Door) -> None:
    record = durable.post("Once", key="k-1").json()
    answer = durable.api.get(f"/x/write-actions/{record['writeActionId']}")
    assert (answer.status_code, answer.json()) == (200, record)
    assert durable.api.get("/x/write-actions/99").status_code == 404
    assert durable.api.get("/x/write-actions/x").json()["error"] == "invalid_id"


def test_the_seed_generation_knows_no_keys_and_no_records(seed: Door) -> None:
    answer = seed.post("Once", key="k-1").json()
    assert set(answer) == {"tweetId", "success"}
    assert seed.post("Twice", key="k-1").status_code == 200
    assert seed.texts() == ["Once", "Twice"]
    assert seed.api.get("/x/write-actions/1").status_code == 404
    probe = seed.api.post("/x/tweets", content=b"", headers={"Idempotency-Key": "a b"})
    assert probe.json()["error"] == "invalid_input"
