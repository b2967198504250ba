from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from callbacks.signing import headers, new_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SENT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'


def verify(body: bytes, received: dict[str, str], secret: str) -> None:
    Webhook(secret).verify(body, received, json_parse=False)


def test_matches_the_vector_published_with_the_standard() -> None:
    assert headers("msg_p5jXN8AQM9LWM0D4loKWxJek", SENT, BODY, SECRET) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_same_instant_in_another_zone_has_the_same_signature() -> None:
    elsewhere = SENT.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert headers("e1", elsewhere, BODY, SECRET) == headers("e1", SENT, BODY, SECRET)


@freeze_time(SENT + timedelta(minutes=4))
def test_what_was_signed_verifies_with_header_names_in_any_case() -> None:
    received = {name.title(): value for name, value in headers("e1", SENT, BODY, SECRET).items()}

    verify(BODY, received, SECRET)


@freeze_time(SENT)
def test_what_two_secrets_sign_verifies_with_either_and_no_third() -> None:
    old, new, third = (new_secret() for _ in range(3))
    signed = headers("e1", SENT, BODY, new, old)

    verify(BODY, signed, new)
    verify(BODY, signed, old)
    with pytest.raises(WebhookVerificationError):
        verify(BODY, signed, third)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 127))
def test_any_changed_byte_breaks_a_signature(index: int, change: int) -> None:
    changed = bytearray(BODY)
    changed[index] = (changed[index] ^ change) & 0x7F
    with freeze_time(SENT), pytest.raises(WebhookVerificationError):
        verify(bytes(changed), headers("e1", SENT, BODY, SECRET), SECRET)


@freeze_time(SENT)
@pytest.mark.parametrize("change", [{"webhook-id": "e2"}, {"webhook-timestamp": "1614265331"}])
def test_another_id_or_timestamp_breaks_a_signature(change: dict[str, str]) -> None:
    with pytest.raises(WebhookVerificationError):
        verify(BODY, headers("e1", SENT, BODY, SECRET) | change, SECRET)


@freeze_time(SENT + timedelta(minutes=6))
def test_an_old_request_does_not_verify_again() -> None:
    with pytest.raises(WebhookVerificationError, match="too old"):
        verify(BODY, headers("e1", SENT, BODY, SECRET), SECRET)


@freeze_time(SENT)
def test_a_new_secret_is_random_long_enough_and_usable() -> None:
    secret = new_secret()

    assert secret != new_secret()
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
    verify(BODY, headers("e1", SENT, BODY, secret), secret)
