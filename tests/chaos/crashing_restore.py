"""`ostinato restore` that kills itself with SIGKILL before or after the file operation that CRASH_AT names.

Points are `before:` and `after:` of `mark` (the copy is made ready), `link` (the old database gets its second name) and
`replace` (the copy takes its place). The product itself has no such points: this wraps it from outside.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cli
from scheduler.operations import restoring

POINT = os.environ["CRASH_AT"]


def dying(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    def acted(*arguments: Any, **named: Any) -> Any:
        die_at(f"before:{name}")
        answer = act(*arguments, **named)
        die_at(f"after:{name}")
        return answer

    return acted


def die_at(point: str) -> None:
    if point == POINT:
        print(f"dying at {point}", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


def replace(self: Path, target: Path) -> Path:
    """Rename as ever; the rename of the copy to the database is the point."""
    act = dying("replace", original_replace) if Path(target).name == "ostinato.db" else original_replace
    answer: Path = act(self, target)
    return answer


original_replace: Any = Path.replace

if __name__ == "__main__":
    setattr(Path, "replace", replace)  # noqa: B010 - the type checker rightly forbids it elsewhere
    setattr(Path, "hardlink_to", dying("link", Path.hardlink_to))  # noqa: B010
    restoring.mark = dying("mark", restoring.mark)
    cli.main()
