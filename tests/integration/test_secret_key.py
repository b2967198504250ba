"""The key of secrets at rest, given by the environment."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from domain.errors import SettingsError
from settings import load
from tests.integration.command_line import FILE, CommandLine

CALLBACK = 'callback_url = "https://hooks.example.com/in"\n'


def key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@pytest.fixture
def ostinato(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home", {"OSTINATO_SECRET_KEY": key()})


def secret(ostinato: CommandLine) -> str:
    (hook,) = ostinato.json("callback", "list", "--secrets")["webhooks"]
    return str(hook["secret"])


def test_with_a_key_in_the_environment_there_is_no_key_file(ostinato: CommandLine, tmp_path: Path) -> None:
    made = ostinato.add(CALLBACK + FILE)["callback_secret"]

    assert secret(ostinato) == made
    assert not (ostinato.home / "secret.key").exists()
    path = tmp_path / "key"
    path.write_text(ostinato.environ.pop("OSTINATO_SECRET_KEY") + "\n")
    ostinato.environ["OSTINATO_SECRET_KEY_FILE"] = str(path)
    assert secret(ostinato) == made


def test_another_key_opens_nothing(ostinato: CommandLine) -> None:
    ostinato.add(CALLBACK + FILE)

    ostinato.environ["OSTINATO_SECRET_KEY"] = key()

    assert "did not encrypt what is in this database" in ostinato("callback", "list", "--secrets", code=3).output


def test_a_rotation_encrypts_everything_with_the_first_of_several_keys(ostinato: CommandLine) -> None:
    made = ostinato.add(CALLBACK + FILE)["callback_secret"]
    old, new = ostinato.environ["OSTINATO_SECRET_KEY"], key()
    ostinato.environ["OSTINATO_SECRET_KEY"] = f"{new}, {old}"
    assert secret(ostinato) == made

    assert ostinato.json("secrets", "rotate", "--dry-run")["secrets"] == 1
    assert ostinato.json("secrets", "rotate")["key_file"] is None

    ostinato.environ["OSTINATO_SECRET_KEY"] = new
    assert secret(ostinato) == made
    assert not (ostinato.home / "secret.key").exists()


@pytest.mark.parametrize(
    "given",
    ["short", "x" * 44, key()[:-4], f"{key()},", f"{key()},short"],
    ids=["short", "no Base64 of 32 bytes", "cut off", "with an empty one", "with a short one"],
)
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsError, match=r"OSTINATO_SECRET_KEY: must be 32 random bytes") as refused:
        load({"OSTINATO_HOME": str(tmp_path), "OSTINATO_SECRET_KEY": given})

    assert given.strip(",") not in str(refused.value)
