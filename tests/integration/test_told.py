"""The webhooks of one template: the one that gets its events, and the one that is asked before its posts go out."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import NotFound
from domain.event import Webhook
from scheduler.operations import replacing, secrets, templates
from storage import webhooks
from storage.database import Database
from tests.integration.scheduler_house import CIPHER, NOW, House

EVENTS, ASK = "https://hooks.example/events", "https://hooks.example/ask"
DOCUMENT = {"name": "morning", "account": "acme", "type": "tweet", "text": "words"}


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def added(house: House, **fields: Any) -> templates.Added:
    return templates.add(house.database, DOCUMENT | fields, cipher=CIPHER, now=NOW, new_id=house.new_id)


def changed(house: House, **fields: Any) -> None:
    replacing.change(house.database, DOCUMENT | fields, cipher=CIPHER, now=NOW, new_id=house.new_id)


def kept(house: House) -> dict[bool, Webhook]:
    with house.database.read() as c:
        return {each.asked: each for each in webhooks.list_webhooks(c, CIPHER)}


def test_each_has_a_secret_of_its_own(house: House) -> None:
    made = added(house, callback_url=EVENTS, pre_publish=ASK).secrets
    found = kept(house)
    assert (found[False].url, found[True].url) == (EVENTS, ASK)
    assert (found[False].secret, found[True].secret) == (made.callback, made.pre_publish)
    assert made.callback != made.pre_publish


def test_one_is_enough(house: House) -> None:
    assert added(house, pre_publish={"url": ASK, "within": "1m"}).secrets.callback is None
    assert list(kept(house)) == [True]


def test_a_changed_url_keeps_its_secret_and_one_that_is_taken_away_is_switched_off(house: House) -> None:
    made = added(house, callback_url=EVENTS, pre_publish=ASK).secrets

    changed(house, callback_url=EVENTS, pre_publish=f"{ASK}/2")
    assert (kept(house)[True].url, kept(house)[True].secret) == (f"{ASK}/2", made.pre_publish)

    changed(house, callback_url=EVENTS)
    assert (kept(house)[False].active, kept(house)[True].active) == (True, False)

    changed(house, callback_url=EVENTS, pre_publish=ASK)
    assert (kept(house)[True].active, kept(house)[True].secret) == (True, made.pre_publish)


def test_the_secrets_are_rotated_one_by_one(house: House) -> None:
    made = added(house, callback_url=EVENTS, pre_publish=ASK).secrets
    rotated = secrets.rotate_callback(house.database, CIPHER, "morning", asked=True, now=NOW)
    assert (rotated.url, kept(house)[True].secret) == (ASK, rotated.secret)
    assert (kept(house)[False].secret, rotated.secret != made.pre_publish) == (made.callback, True)
    secrets.rotate_callback(house.database, CIPHER, "morning", now=NOW)
    assert (kept(house)[False].secret != made.callback, kept(house)[True].secret) == (True, rotated.secret)


def test_what_a_template_does_not_have_cannot_be_rotated(house: House) -> None:
    added(house, callback_url=EVENTS)
    with pytest.raises(NotFound, match="no pre_publish"):
        secrets.rotate_callback(house.database, CIPHER, "morning", asked=True, now=NOW)
