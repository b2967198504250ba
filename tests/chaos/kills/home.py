"""A home in which one process after the other is killed: a sandbox, the outside, and a new database for each kill."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from click.testing import CliRunner

import cli
from tests.acceptance.stage import KEY, Process, Stage
from tests.chaos.kills.outside import Outside, outside
from tests.postgresql_server import address, create_database, drop_database

Rows: TypeAlias = list[tuple[Any, ...]]
# Commands are run in this process, which they change for a moment: its environment and its standard output.
ALONE = threading.Lock()
NAMES = count()


@dataclass
class Home:
    """One kill at a time. *server* is the address of a PostgreSQL server; without one the database is a SQLite file."""

    stage: Stage
    outside: Outside
    api: str
    server: str | None
    name: str
    used: int = 0
    mark: int = 0  # the last tweet of the kill before

    def begin(self) -> None:
        """Go on with a new database, in which nothing has happened."""
        self.used += 1
        if self.server is None:
            shutil.copyfile(self._file(0), self._file(self.used))
            self.stage.database = f"sqlite:///{self._file(self.used)}"
        else:
            create_database(self.server, self._database(self.used), self._database(0))
            self.stage.database = address(self.server, self._database(self.used))
        self.mark = self.sandbox("SELECT coalesce(max(id), 0) FROM tweets")[0][0]

    def end(self) -> None:
        """Take back the faults, and remove the database."""
        self.stage.clear_faults()
        if self.server is None:
            for each in self.stage.folder.glob(f"{self._file(self.used).name}*"):
                each.unlink()
        else:
            drop_database(self.server, self._database(self.used))

    def make(self) -> None:
        """Make the database that the others are copies of."""
        if self.server is None:
            self.stage.database = f"sqlite:///{self._file(0)}"
        else:
            create_database(self.server, self._database(0))
            self.stage.database = address(self.server, self._database(0))
        self.run("db", "upgrade")

    def start(self, *words: str, name: str, **environment: str) -> Process:
        with ALONE:
            return self.stage.start(*words, environment=environment, name=name)

    def run(self, *words: str, may_refuse: bool = False) -> Any:
        """Run a command to its end, in this process, and give what it printed; with *may_refuse* a conflict is one."""
        with ALONE:
            try:
                return self.stage.run(*words)
            except AssertionError:
                if not may_refuse:
                    raise
                return self.stage.run(*words, exit_code=5)

    def add_template(self, name: str, **fields: Any) -> str:
        """Add a template that is due at once; give the secret of its callbacks."""
        document = {"name": name, "account": "ostinato_demo", "type": "tweet", "dailyCount": 1, "repeatAfter": 0}
        document |= {"callbackUrl": f"{self.outside.address}/told/{name}", **fields}
        file = self.stage.folder / f"{name}.json"
        file.write_text(json.dumps(document))
        keyless = {**self.stage.environment, "OSTINATO_XQUIK_KEY": ""}  # or the API would be asked for the account
        with ALONE:
            done = CliRunner().invoke(cli.main, ["template", "add", str(file), "--json"], env=keyless)
        assert done.exit_code == 0, done.output
        return str(json.loads(done.stdout)["callback_secret"])

    def sandbox(self, query: str) -> Rows:
        """Read the sandbox's own file."""
        with closing(sqlite3.connect(self.stage.folder / "sandbox.db", timeout=20)) as connection:
            return connection.execute(query).fetchall()

    def rows(self, query: str) -> Rows:
        """Read the scheduler's database as it stands, past the product's own code."""
        return self.rows_of(query)[0]

    def rows_of(self, *queries: str) -> list[Rows]:
        """As `rows`, for queries that see one moment."""
        if self.server is not None:
            with psycopg.connect(self.stage.database) as opened:
                opened.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                return [opened.execute(query.encode()).fetchall() for query in queries]
        with closing(sqlite3.connect(self._file(self.used), timeout=20)) as connection:
            connection.execute("BEGIN")
            return [connection.execute(query).fetchall() for query in queries]

    def left(self, *queries: str) -> list[Rows]:
        """Read what a process left that was killed. A SQLite file is copied first: the next finds it as it was left."""
        if self.server is not None:
            return self.rows_of(*queries)
        file = self._file(self.used)
        with tempfile.TemporaryDirectory() as folder:
            for each in (file, file.with_name(f"{file.name}-wal")):
                if each.exists():
                    shutil.copyfile(each, Path(folder) / each.name)
            with closing(sqlite3.connect(Path(folder) / file.name)) as connection:
                return [connection.execute(query).fetchall() for query in queries]

    def _file(self, number: int) -> Path:
        return self.stage.folder / f"kill-{number}.db"

    def _database(self, number: int) -> str:
        return f"{self.name}_{number}"


@contextmanager
def home(folder: Path, *, api: str, server: str | None = None) -> Iterator[Home]:
    """Set up a home; whatever happens, every process of it is ended."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "home").mkdir()
    with outside() as street:
        stage = Stage(folder, "", street.address, folder / "unused.jsonl", "")
        here = Home(stage, street, api, server, f"kills_{id(stage):x}_{next(NAMES)}")
        try:
            sandbox = here.start(
                *("-m", "sandbox", "--port", "0", "--no-limits", "--repeats", "--api", api),
                *("--database", str(folder / "sandbox.db"), "--api-key", KEY),
                name="sandbox",
            )
            stage.sandbox_url = sandbox.wait_for_line(r"listening on (http://\S+)").group(1)
            here.make()
            yield here
        finally:
            for process in stage.processes:
                process.stop(signal.SIGKILL)
            if server is not None:
                drop_database(server, here._database(0))
