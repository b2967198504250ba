"""Everything one running sandbox knows: its database, faults, limits and ids."""

import hmac
import re
import tempfile
from pathlib import Path

from sandbox.answers import ApiError
from sandbox.call import Call
from sandbox.database import connect, get_meta, set_meta
from sandbox.faults import Faults
from sandbox.ids import Snowflakes
from sandbox.limits import Tiers
from sandbox.options import SandboxOptions
from sandbox.seed.plant import plant

KEY_SYNTAX = re.compile(r"[!-~]{1,255}")


class World:
    """The state of one sandbox; made once per process, closed at the end."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-") if options.database is None else None
        self.path = options.database or Path(self._temporary.name if self._temporary else ".") / "sandbox.sqlite3"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.db = connect(self.path)
        plant(self.db)
        self.durable = options.api == "durable"
        self.faults = Faults(self.db)
        self.tiers = Tiers()
        self.ids = Snowflakes(self.db.execute("SELECT max(id) FROM tweets").fetchone()[0] or 0)
        # When the next pending write settles by time; kept here so that no request has to ask the database.
        self.next_settlement: int | None = self.db.execute(
            "SELECT min(settle_at) FROM writes WHERE status = 'dispatching'"
        ).fetchone()[0]

    def close(self) -> None:
        """Close the database; a temporary one is removed."""
        self.db.close()
        if self._temporary:
            self._temporary.cleanup()

    def admit(self, call: Call) -> None:
        """Let *call* in, or raise ApiError 401, 429 or 400 (malformed idempotency key)."""
        if not self._knows(_key_of(call.headers)):
            raise ApiError(401, "unauthenticated")
        if self.options.limits:
            self.tiers.take(call.method, call.now / 1000)
        # Looked at before the body, so that a malformed key with an empty body tells which generation this is.
        keyed = call.key is not None and call.path.startswith("/x/") and call.method != "GET"
        if keyed and not KEY_SYNTAX.fullmatch(call.key or ""):
            raise ApiError(400, "invalid_idempotency_key")

    def _knows(self, key: str) -> bool:
        if self.options.api_key is None:
            return key.startswith("xq_")
        return hmac.compare_digest(key.encode(), self.options.api_key.encode())

    def charge(self, cost: int) -> None:
        """Take *cost* credits, or raise ApiError 402 and take none."""
        balance = self.balance()
        if balance < cost:
            raise ApiError(402, "insufficient_credits")
        set_meta(self.db, "balance", str(balance - cost))
        set_meta(self.db, "lifetime_used", str(int(get_meta(self.db, "lifetime_used", "0")) + cost))

    def balance(self) -> int:
        """Return the credits left."""
        return int(get_meta(self.db, "balance", "0"))

    def affordable(self, wanted: int) -> int:
        """Return how many of *wanted* items, a credit each, the balance affords.

        Raises ApiError 402 when something is wanted and nothing is affordable.
        """
        affordable = min(wanted, self.balance())
        if wanted and not affordable:
            raise ApiError(402, "insufficient_credits")
        return affordable


def _key_of(headers: dict[str, str]) -> str:
    bearer = headers.get("authorization", "")
    token = bearer[7:].strip() if bearer.lower().startswith("bearer ") else ""
    return headers.get("x-api-key") or headers.get("xquik-api-key") or token
