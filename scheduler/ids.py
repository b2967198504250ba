"""Public ids: random UUIDs from a generator of this process, seeded by the system once.

`uuid.uuid4` asks the system each time. A run needs five ids, and on a virtual machine that costs more than a step.
"""

from __future__ import annotations

import os
from random import Random
from uuid import UUID

_random = Random(os.urandom(32))  # noqa: S311 - ids must be unique, not secret
os.register_at_fork(after_in_child=lambda: _random.seed(os.urandom(32)))


def new_id() -> str:
    """Give a random UUID (version 4)."""
    return str(UUID(int=_random.getrandbits(128), version=4))
