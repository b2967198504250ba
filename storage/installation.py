"""This installation: its id, the API it is bound to, and what is known of that API."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from sqlalchemy import Connection, select, update

from domain.errors import Conflict, FieldError, SettingsError
from storage import schema
from storage.statements import Prepared, insert_or_nothing
from storage.tables import installation
from storage.webhooks import Cipher

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})  # where sandboxes listen

_MAKE = Prepared(insert_or_nothing(installation, "id", "install_id", "oldest_schema", "release"))


def install_id(c: Connection) -> str:
    """Give the installation's id, 8 hexadecimal digits, made at the first call: a connection that writes."""
    known = c.execute(select(installation.c.install_id)).scalar()
    if known is None:
        stated = {"oldest_schema": schema.OLDEST, "release": schema.release()}
        _MAKE.run(c, [{"id": 1, "install_id": secrets.token_hex(4), **stated}])
        known = c.execute(select(installation.c.install_id)).scalar_one()
    return str(known)


def known_id(c: Connection) -> str | None:
    """Give the installation's id, None while it has none."""
    found: str | None = c.execute(select(installation.c.install_id)).scalar()
    return found


def bind(c: Connection, base_url: str) -> None:
    """Bind the database to the API at *base_url*, for ever.

    Raises Conflict when it is bound to another: asked about this ledger's posts, that API would answer for others.
    """
    wanted = base_url.rstrip("/")
    install_id(c)
    free = update(installation).where(installation.c.base_url.is_(None))
    c.execute(free.values(base_url=wanted))
    bound = c.execute(select(installation.c.base_url)).scalar_one()
    if bound != wanted:
        remedy = "set OSTINATO_XQUIK_URL back, or OSTINATO_DATABASE to a new database"
        if urlsplit(bound).hostname in LOOPBACK:
            remedy = (
                "this is your sandbox database: for real posts, set another OSTINATO_HOME and add the templates again; "
                "to go on in the sandbox, use `ostinato daemon --sandbox` on the same OSTINATO_SANDBOX_PORT"
            )
        raise Conflict(f"this database belongs to {bound} and cannot be used with {wanted}; {remedy}")


def check_key(c: Connection, cipher: Cipher) -> None:
    """Make sure that this process has the key file that the other daemons on the database have.

    The first one leaves what the others must be able to read. Raises SettingsError for another key.
    """
    ours = install_id(c)
    known = c.execute(select(installation.c.key_check)).scalar()
    if known is None:
        c.execute(update(installation).values(key_check=cipher.encrypt(ours)))
        return
    try:
        cipher.decrypt(known)
    except SettingsError as error:
        reason = (
            "is not the one that the daemons on this database have; copy secret.key from the machine of one of them, "
            "or, where that is lost, run `ostinato secrets rotate`"
        )
        raise SettingsError([FieldError("key file", reason)]) from error


def demand(c: Connection, oldest: str) -> None:
    """Let no program of a schema older than *oldest* work on the database any more."""
    install_id(c)
    known = c.execute(select(installation.c.oldest_schema)).scalar()
    c.execute(update(installation).values(oldest_schema=max(oldest, known or oldest)))


def forget_key(c: Connection) -> None:
    """Forget which key file is the right one: the secrets get a new key."""
    c.execute(update(installation).values(key_check=None))


def base_url(c: Connection) -> str | None:
    """Give the base URL of the API that the database is bound to; None while it is bound to none."""
    known: str | None = c.execute(select(installation.c.base_url)).scalar()
    return known


def key_support(c: Connection) -> bool | None:
    """Say whether the API honours idempotency keys; None while it is not known."""
    known: bool | None = c.execute(select(installation.c.key_support)).scalar()
    return known


def set_key_support(c: Connection, honoured: bool) -> None:
    """Record what was found out about idempotency keys."""
    install_id(c)
    c.execute(update(installation).values(key_support=honoured))
