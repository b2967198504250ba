"""The key that encrypts secrets at rest."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from domain.errors import SettingsError
from storage.cipher import FernetCipher, load_or_create_key


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "key"
    key = load_or_create_key(path)
    assert load_or_create_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        load_or_create_key(path)


def test_what_is_encrypted_can_be_read_with_the_same_key_only(tmp_path: Path) -> None:
    key, other = load_or_create_key(tmp_path / "one"), load_or_create_key(tmp_path / "two")
    token = FernetCipher(key).encrypt("whsec_x")
    assert "whsec" not in token
    assert FernetCipher(key).decrypt(token) == "whsec_x"
    with pytest.raises(SettingsError, match="did not encrypt what is in this database"):
        FernetCipher(other).decrypt(token)


def test_what_is_no_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="key file: is not a key"):
        FernetCipher(b"short")


def test_of_processes_that_start_at_once_the_second_reads_the_key_that_the_first_is_writing(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.touch(mode=0o600)
    key = Fernet.generate_key()
    writing = threading.Timer(0.3, path.write_bytes, [key])
    writing.start()

    assert load_or_create_key(path) == key
    writing.join()
