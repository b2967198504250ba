"""Text in the person's own editor, which is never lost: it stands in a file until it is done with."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from commands.errors import as_text
from domain.errors import OstinatoError

HEAD = """# Template {name}. Save and leave the editor to change it; leave it as it is, or empty, to change nothing.
# docs/templates.md has the fields; one that you take away is not set any more, or what it is by default.
# Of the state {state}: without this line the text counts whatever the template is by then.

"""
_STATE = re.compile(r"^# Of the state ([0-9a-f]+):", re.MULTILINE)


class EditorFailed(OstinatoError):
    """The person's editor could not be started, or ended with a failure."""


def state_of(text: str) -> str:
    """Give a short name of what *text* says."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def edited_from(path: Path) -> str | None:
    """Give the name of the state that the text in the file was edited from; None when it does not say."""
    found = _STATE.search(path.read_text(encoding="utf-8", errors="replace"))
    return found[1] if found else None


@dataclass(slots=True)
class KeptText:
    """A file that is edited. *done* tells that it is not needed any more."""

    path: Path
    before: str
    done: bool = False

    def edit(self) -> bool:
        """Open the editor and wait for its end; tell whether there is anything to do with what it left.

        Raises EditorFailed when the editor cannot be started or fails.
        """
        try:
            click.edit(filename=str(self.path))
        except click.ClickException as error:
            remedy = "set VISUAL or EDITOR to one that runs here, or use --set and --unset"
            raise EditorFailed(f"the editor failed: {error.format_message()}; {remedy}") from error
        self.done = not self.says_something()
        return not self.done

    def says_something(self) -> bool:
        """Tell whether the text differs from what it was, and is not empty."""
        text = self.path.read_text(encoding="utf-8", errors="replace")
        lines = (line.strip() for line in text.splitlines())
        return text != self.before and any(line and line[0] != "#" for line in lines)


@contextmanager
def kept_text(folder: Path, name: str, text: str) -> Iterator[KeptText]:
    """Put *text* into a new file of *folder* that only its owner can read; it is removed once it is done.

    One that is not done, or whose edit ends in an error, stays, and its path is printed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".toml", dir=folder)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)
    kept = KeptText(Path(path), text)
    try:
        yield kept
    finally:
        if kept.done or not kept.says_something():
            kept.path.unlink(missing_ok=True)
        else:
            remedy = f"go on with `ostinato template edit {name} --file {path}`"
            click.echo(f"Your text is kept in {path}; {remedy}", err=True)


def again(error: OstinatoError) -> bool:
    """Show what is wrong and ask whether to edit again. No answer (an interrupt, the end of the input) is a no."""
    click.echo(as_text(error), err=True)
    try:
        return click.confirm("Edit again?", default=True, err=True)
    except click.Abort:
        return False
