"""The texts that a model is given: files in `generators/prompts/`, whose names carry their versions."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parents[1] / "prompts"
DIGEST, WRITE, REFINE, REPAIR = "digest-1", "write-1", "refine-2", "repair-1"
DESCRIBE = "describe-1"


def filled(name: str, **values: object) -> str:
    """The text of the prompt *name* with its $fields filled in."""
    return _template(name).substitute({field: str(value) for field, value in values.items()})


@cache
def _template(name: str) -> Template:
    return Template((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
