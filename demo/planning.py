"""The demo's three templates: files with places for the addresses, and what each of them is meant to do."""

from __future__ import annotations

import tomllib
from pathlib import Path

from demo.findings import Planned

FILES = Path(__file__).with_name("templates")
ORDER = ("page-to-tweet", "feed-to-thread", "only-what-is-new")
SILENT = {"only-what-is-new": "nothing_new"}


def write_templates(folder: Path, *, page: str, feed: str) -> tuple[Path, ...]:
    """Write the template files with their addresses into *folder*, and give their paths in order."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in ORDER:
        text = (FILES / f"{name}.toml").read_text(encoding="utf-8")
        for place, address in (("page", page), ("feed", feed)):
            text = text.replace(f'"{{{{{place}}}}}"', quoted(address))
        written.append(folder / f"{name}.toml")
        written[-1].write_text(text, encoding="utf-8")
    return tuple(written)


def quoted(text: str) -> str:
    """Give *text* as a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\u{ord(one):04x}" if ord(one) < 32 or ord(one) == 127 else one for one in escaped) + '"'


def plan(files: tuple[Path, ...]) -> tuple[Planned, ...]:
    """Give what the templates in *files* are meant to do."""
    documents = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return tuple(
        Planned(one["name"], one["account"], one["type"], one["callbackData"], SILENT.get(one["name"]))
        for one in documents
    )
