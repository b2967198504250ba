"""What was answered to a creating call with an idempotency key, in the transaction of what it created."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from domain.errors import Conflict, SettingsError
from storage.tables import idempotent_answers
from storage.webhooks import Cipher

KEPT = timedelta(days=1)


def once(
    c: Connection,
    key: str,
    fingerprint: str,
    create: Callable[[], str],
    *,
    owner: str,
    cipher: Cipher,
    now: datetime,
) -> tuple[str, bool]:
    """Give what *create* answers, or answered when this call came with this *key* within a day; tell whether it had.

    Raises Conflict when the key stands for another call.
    """
    c.execute(delete(idempotent_answers).where(idempotent_answers.c.created_at <= now - KEPT))
    mine = (idempotent_answers.c.key == key, idempotent_answers.c.owner_id == owner)
    found = c.execute(select(idempotent_answers.c.fingerprint, idempotent_answers.c.answer).where(*mine)).first()
    if found is not None:
        if found.fingerprint != fingerprint:
            raise Conflict("this Idempotency-Key was used for another call; take a new key for a new call")
        return _kept(found.answer, cipher), True
    answer = create()
    row = {"key": key, "owner_id": owner, "fingerprint": fingerprint, "created_at": now}
    c.execute(insert(idempotent_answers).values({**row, "answer": cipher.encrypt(answer)}))
    return answer, False


def _kept(answer: str, cipher: Cipher) -> str:
    try:
        return cipher.decrypt(answer)
    except SettingsError as error:  # the key of this installation was rotated since
        raise Conflict("this Idempotency-Key was used, and what was answered cannot be read any more") from error
