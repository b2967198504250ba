"""What a sandbox can be told when it starts."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Generation = Literal["durable", "seed"]


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """The choices of one sandbox.

    *database* is its SQLite file, made and seeded when missing; None is a fresh temporary file. *api_key* is the only
    key accepted; None accepts every key that starts with `xq_`. *limits* switches the three rate-limit tiers. *api*
    is `durable` (idempotency keys, write records) or `seed` (neither). *tco* shows every link as https://t.co/… .
    *repeats* lets an account say the same twice in a day, so that a test that counts posts sees a second one instead
    of its refusal. *clock* gives Unix seconds, so that a test moves time instead of waiting for it.
    """

    database: Path | None = None
    api_key: str | None = None
    limits: bool = True
    api: Generation = "durable"
    tco: bool = False
    repeats: bool = False
    clock: Callable[[], float] = time.time
