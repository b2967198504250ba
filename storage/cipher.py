"""Secrets at rest: encrypted with a key that lives in a file of its own, not in the database."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
import time
from pathlib import Path

from domain.errors import FieldError, SettingsError

WRITTEN_WITHIN = 20  # tenths of a second that a key file may be empty while another process writes it


class FernetCipher:
    """Encrypts with Fernet (AES-128-CBC and HMAC-SHA256). Raises SettingsError for what another key encrypted.

    *key* may be several, a line each: the first one encrypts and seals, each of them decrypts.
    """

    def __init__(self, key: bytes) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        try:
            self._fernet = MultiFernet([Fernet(one) for one in key.split() or [b""]])
        except ValueError:
            raise _wrong_key(
                "is not a key; restore the file from a backup, or remove it and set the secrets anew"
            ) from None
        self._sealing = hmac.new(key.split()[0], b"ostinato seals", hashlib.sha256).digest()

    def encrypt(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise _wrong_key("did not encrypt what is in this database; restore the file that did") from None

    def seal(self, text: str) -> str:
        """Give 32 hexadecimal digits for *text* that nobody gives without the key: 128 bits of HMAC-SHA256."""
        return hmac.new(self._sealing, text.encode(), hashlib.sha256).hexdigest()[:32]


def load_or_create_key(path: Path) -> bytes:
    """Give the key in the file at *path*; at first use, make it, readable by its owner only.

    Raises SettingsError when others can read the file: what it protects would not be protected.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _load_key(path)
    key = new_key()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(descriptor)  # before anything is encrypted with it
    return key


def new_key() -> bytes:
    """Give a key that nothing was encrypted with yet."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key()


def replace_key(path: Path, key: bytes) -> None:
    """Put *key* in the place of what the file at *path* holds: at every moment it is the one or the other."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _load_key(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise _wrong_key(f"{path} can be read by others; run `chmod 600 {path}`")
    for _ in range(WRITTEN_WITHIN):  # daemons that share a folder may start at once, and one of them makes the file
        if key := path.read_bytes().strip():
            return key
        time.sleep(0.1)
    return b""


def _wrong_key(problem: str) -> SettingsError:
    return SettingsError([FieldError("key file", problem)])
