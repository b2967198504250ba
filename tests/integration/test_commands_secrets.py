from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from commands.daemon_lock import daemon_lock
from domain.errors import SettingsError
from domain.event import Channel
from scheduler.operations import secrets
from storage import webhooks
from storage.cipher import FernetCipher, new_key, replace_key
from storage.database import Database, open_database
from storage.tables import webhooks as table
from tests.integration.command_line import FILE, CommandLine
from tests.integration.storage_values import webhook

WITH_CALLBACK = 'callback_url = "https://hooks.example/in"\n' + FILE


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


def told(ostinato: CommandLine) -> str:
    (hook,) = ostinato.json("callback", "list", "--secrets")["webhooks"]
    return str(hook["secret"])


def test_after_a_rotation_the_secrets_are_the_same_under_another_key(ostinato: CommandLine) -> None:
    ostinato.add(WITH_CALLBACK)
    secret, key = told(ostinato), (ostinato.home / "secret.key").read_bytes()

    assert ostinato.json("secrets", "rotate")["secrets"] == 1

    new = (ostinato.home / "secret.key").read_bytes()
    assert new != key
    assert len(new.split()) == 1
    assert stat.S_IMODE((ostinato.home / "secret.key").stat().st_mode) == 0o600
    assert told(ostinato) == secret
    (ostinato.home / "secret.key").write_bytes(key)
    ostinato("callback", "list", code=3)


def test_a_webhook_whose_receiver_was_gone_is_switched_on_by_its_templates_name(ostinato: CommandLine) -> None:
    ostinato.add(WITH_CALLBACK)
    with open_database(f"sqlite:///{ostinato.home / 'ostinato.db'}").write() as c:
        c.execute(update(table).values(active=False, inactive_reason="answered 410 Gone"))

    assert "is switched off: answered 410 Gone" in ostinato("callback", "list").stdout
    assert ostinato.json("callback", "switch-on", "morning", "--dry-run")["active"] is True
    assert ostinato.json("callback", "list")["webhooks"][0]["active"] is False
    assert "is told what happens from now on" in ostinato("callback", "switch-on", "morning").stdout
    assert ostinato.json("callback", "list")["webhooks"][0]["active"] is True
    ostinato("callback", "switch-on", "nobody", code=4)


def test_no_rotation_under_a_running_daemon(ostinato: CommandLine) -> None:
    ostinato.add(WITH_CALLBACK)
    key = (ostinato.home / "secret.key").read_bytes()
    with ostinato.database() as database, daemon_lock(database):
        ostinato.refused("secrets", "rotate", code=5)

    assert (ostinato.home / "secret.key").read_bytes() == key


def test_rotation_works_alike_on_both_databases(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "key"
    replace_key(path, new_key())
    with database.write() as connection:
        webhooks.upsert(connection, webhook(), FernetCipher(path.read_bytes()))

    assert secrets.rotate_key(database, path) == 1

    with database.read() as connection:
        assert webhooks.get(connection, "w1", FernetCipher(path.read_bytes())).secret == webhook().secret


def test_an_interrupted_rotation_leaves_every_secret_readable_and_is_finished_by_the_next(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    old, new = new_key(), new_key()
    replace_key(path, new + b"\n" + old)  # as it stands when the power goes between the file and the transaction
    with database.write() as connection:
        webhooks.upsert(connection, webhook(), FernetCipher(old))

    with database.read() as connection:
        assert webhooks.get(connection, "w1", FernetCipher(path.read_bytes())).secret == webhook().secret
    secrets.rotate_key(database, path)

    with database.read() as connection:
        token = connection.execute(select(table.c.secret)).scalar_one()
    assert Fernet(path.read_bytes()).decrypt(token.encode()).decode() == webhook().secret


def test_a_secret_that_cannot_be_read_stops_the_rotation_before_anything_changes(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    replace_key(path, new_key())
    before = path.read_bytes()
    with database.write() as connection:
        webhooks.upsert(connection, webhook(), FernetCipher(new_key()))

    with pytest.raises(SettingsError, match="restore the file that did"):
        secrets.rotate_key(database, path)

    assert path.read_bytes() == before


def test_a_rotation_does_not_wake_a_webhook_that_was_switched_off(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "key"
    replace_key(path, new_key())
    with database.write() as connection:
        webhooks.upsert(connection, webhook(), FernetCipher(path.read_bytes()))
        webhooks.deactivate(connection, "w1", "gone")
    secrets.rotate_key(database, path)

    with database.read() as connection:
        row = connection.execute(select(table.c.active, table.c.inactive_reason)).one()
    assert tuple(row) == (False, "gone")


def test_a_callbacks_secret_is_made_anew_and_shown_once(ostinato: CommandLine) -> None:
    ostinato.add(WITH_CALLBACK)
    before = told(ostinato)

    made = ostinato.json("secrets", "rotate", "--callback", "morning")

    assert made["secret"].startswith("whsec_")
    assert made["secret"] != before
    assert told(ostinato) == made["secret"]
    assert made["old_secret_until"] is not None
    again = ostinato.json("secrets", "rotate", "--callback", made["webhook_id"], "--at-once")
    assert (again["secret"] != made["secret"], again["old_secret_until"]) == (True, None)
    ostinato("secrets", "rotate", "--at-once", code=2)


def test_what_is_not_signed_has_no_secret_to_rotate(ostinato: CommandLine) -> None:
    ostinato.add()
    ostinato.refused("secrets", "rotate", "--callback", "morning", code=4)
    ostinato.refused("secrets", "rotate", "--callback", "nobody", code=4)
    with ostinato.database() as database, database.write() as connection:
        cipher = FernetCipher((ostinato.home / "secret.key").read_bytes())
        webhooks.upsert(connection, webhook("settings-command", channel=Channel.COMMAND, url="true"), cipher)
    ostinato.refused("secrets", "rotate", "--callback", "settings-command", code=5)


def test_a_secret_of_the_settings_is_changed_there(ostinato: CommandLine) -> None:
    ostinato.environ["OSTINATO_CALLBACK_SECRET"] = "whsec_" + "QUFB" * 8

    error = ostinato.refused("secrets", "rotate", "--callback", "settings-url", code=5)

    assert "OSTINATO_CALLBACK_SECRET" in error["message"]


def test_the_other_secret_of_a_template_is_named(ostinato: CommandLine) -> None:
    ostinato.add(FILE + '[pre_publish]\nurl = "https://example.com/ask"\n')

    assert "--pre-publish morning" in ostinato("secrets", "rotate", "--callback", "morning", code=4).stderr


def test_one_secret_is_told_as_one(ostinato: CommandLine) -> None:
    ostinato.add('callback_url = "https://example.com/in"\n' + FILE)

    assert "1 secret is encrypted" in ostinato("secrets", "rotate").stdout
