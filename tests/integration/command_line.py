"""The command line in a home folder of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner, Result

import cli
from storage import schema
from storage.database import Database, open_database

FILE = """
name = "morning"
account = "acme"
type = "tweet"
url = "https://example.com/news"
[schedule]
times = ["09:00"]
timezone = "Europe/Berlin"
"""


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="ostinato-migrated-")


@cache
def _migrated() -> Path:
    """Give a migrated file, to be copied. Its folder goes with this process."""
    path = Path(_folder().name) / "ostinato.db"
    database = open_database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


@dataclass
class CommandLine:
    """Runs `ostinato` with the settings of *environ* in the home folder *home*.

    The home has a database without rows, which takes a tenth of the time that its making by the first command would;
    with *new* there is nothing before that command.
    """

    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    new: bool = False

    def __call__(self, *words: str, code: int = 0) -> Result:
        """Run a command and make sure that it exits with *code*."""
        if not self.new and not self.home.exists():
            self.home.mkdir(mode=0o700, parents=True)
            shutil.copy(_migrated(), self.home / "ostinato.db")
        environ = {"OSTINATO_HOME": str(self.home), **self.environ}
        result = CliRunner().invoke(cli.main, list(words), env=environ)
        assert result.exit_code == code, (words, result.exit_code, result.output, result.exception)
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        """Run a command with --json and give what it printed."""
        return json.loads(self(*words, "--json", code=code).stdout)

    def refused(self, *words: str, code: int) -> Any:
        """Run a command that must fail with *code*, and give its error."""
        return json.loads(self(*words, "--json", code=code).stderr)["error"]

    def add(self, text: str = FILE, name: str = "morning.toml") -> Any:
        """Add a template and give it as JSON."""
        path = self.home.parent / name
        path.write_text(text)
        return self.json("template", "add", str(path))

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database that the commands use."""
        opened = open_database(f"sqlite:///{self.home}/ostinato.db")
        try:
            yield opened
        finally:
            opened.close()
