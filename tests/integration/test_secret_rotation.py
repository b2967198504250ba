"""A webhook's secret that is replaced signs for a while beside the new one, and then is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from freezegun import freeze_time
from sqlalchemy import select
from standardwebhooks.webhooks import WebhookVerificationError

from callbacks import http
from domain.event import Event, EventType, FormerSecret, Webhook
from scheduler.operations import callbacks, replacing, secrets, templates
from storage import pruning, tables, webhooks
from storage.cipher import FernetCipher, new_key
from storage.database import Database
from storage.pruning import Keep
from tests.integration.callback_receiver import Received, Receiver, receiving
from tests.integration.scheduler_house import CIPHER, NOW
from tests.integration.storage_values import webhook

DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
FIRST = "whsec_" + "QUFB" * 8
WRONG = "whsec_" + "QkJC" * 8
DOCUMENT = {"name": "morning", "account": "acme", "type": "tweet", "text": "words"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def kept(database: Database, receiver: Receiver) -> Database:
    with database.write() as c:
        webhooks.upsert(c, webhook(url=receiver.address, secret=FIRST), CIPHER)
    return database


def rotated(database: Database, *, now: datetime = NOW, at_once: bool = False) -> str:
    return secrets.rotate_callback(database, CIPHER, "w1", at_once=at_once, now=now).secret


def found(database: Database) -> Webhook:
    with database.read() as c:
        return webhooks.get(c, "w1", CIPHER)


def sent(database: Database, receiver: Receiver, at: datetime) -> Received:
    """Give what the receiver gets of an event that is sent at *at*."""

    async def exchange() -> None:
        async with httpx.AsyncClient() as client:
            event = Event("e1", EventType.RUN_SUCCEEDED, at, {}, None, None, 1)
            await http.send(found(database), event, client=client, now=at)

    asyncio.run(exchange())
    return receiver.received[-1]


def accepts(got: Received, secret: str, at: datetime) -> bool:
    with freeze_time(at):
        try:
            got.verified(secret)
        except WebhookVerificationError:
            return False
    return True


def test_a_receiver_with_the_old_secret_verifies_for_a_day_and_no_longer(kept: Database, receiver: Receiver) -> None:
    new = rotated(kept)
    for at, old_counts in ((NOW, True), (NOW + DAY - SECOND, True), (NOW + DAY, False)):
        got = sent(kept, receiver, at)
        assert (accepts(got, new, at), accepts(got, FIRST, at), accepts(got, WRONG, at)) == (True, old_counts, False)
        assert len(got.headers["webhook-signature"].split(" ")) == 1 + old_counts


def test_a_secret_that_somebody_else_knows_counts_no_more(kept: Database, receiver: Receiver) -> None:
    second = rotated(kept)
    third = rotated(kept, at_once=True)
    got = sent(kept, receiver, NOW)
    assert [accepts(got, each, NOW) for each in (FIRST, second, third)] == [False, False, True]
    assert secrets.old_until(found(kept)) is None


def test_whoever_loses_a_new_secret_makes_another_and_the_receiver_s_own_still_counts(
    kept: Database, receiver: Receiver
) -> None:
    made = [FIRST, *(rotated(kept, now=NOW + timedelta(hours=hour)) for hour in range(4))]
    now = NOW + timedelta(hours=4)
    got = sent(kept, receiver, now)
    assert [accepts(got, each, now) for each in made] == [False, True, True, True, True]  # three old ones at most

    rotated(kept, now=NOW + timedelta(hours=25, minutes=30))
    assert [each.secret for each in found(kept).former] == [made[4], made[3], made[2]]
    assert secrets.old_until(found(kept)) == NOW + timedelta(hours=49, minutes=30)


def test_an_old_secret_goes_when_its_time_is_over(kept: Database) -> None:
    rotated(kept)
    columns = (tables.webhooks.c.former_secrets, tables.webhooks.c.former_until)
    for at, gone in ((NOW + DAY - SECOND, False), (NOW + DAY, True)):
        with kept.write() as c:
            pruning.prune(c, at, Keep(), 100)
            row = c.execute(select(*columns)).one()
        assert [each is None for each in row] == [gone, gone]


def test_an_old_secret_is_encrypted_and_follows_the_key(kept: Database) -> None:
    new = rotated(kept)
    key, before = new_key(), b"A" * 43 + b"="
    with kept.write() as c:
        assert "whsec_" not in c.execute(select(tables.webhooks.c.former_secrets)).scalar_one()
    assert secrets.encrypt_anew(kept, FernetCipher(key + b"\n" + before)) == 2
    assert secrets.readable(kept, FernetCipher(key)) == 2
    with kept.read() as c:
        there = webhooks.get(c, "w1", FernetCipher(key))
    assert (there.secret, there.former) == (new, (FormerSecret(FIRST, NOW + DAY),))


def test_a_webhook_that_moves_keeps_its_old_secret_too(database: Database) -> None:
    ids = iter("abcdefgh")

    def new_id() -> str:
        return next(ids)

    made = templates.add(
        database, DOCUMENT | {"callback_url": "https://a.example"}, cipher=CIPHER, now=NOW, new_id=new_id
    )
    secrets.rotate_callback(database, CIPHER, "morning", now=NOW)
    replacing.change(database, DOCUMENT | {"callback_url": "https://b.example"}, cipher=CIPHER, now=NOW, new_id=new_id)
    with database.read() as c:
        (there,) = webhooks.list_webhooks(c, CIPHER)
    assert (there.url, [each.secret for each in there.former]) == ("https://b.example", [made.secrets.callback])


@pytest.mark.parametrize(("named", "stays"), [(None, True), (WRONG, False)])
def test_a_secret_of_the_settings_counts_at_once(database: Database, named: str | None, stays: bool) -> None:
    def configure(secret: str | None) -> None:
        callbacks.configure(database, CIPHER, url="https://a.example", secret=secret, command=None, hook=None, now=NOW)

    configure(None)
    secrets.rotate_callback(database, CIPHER, "settings-url", now=NOW)
    configure(named)
    with database.read() as c:
        assert bool(webhooks.get(c, "settings-url", CIPHER).former) is stays
