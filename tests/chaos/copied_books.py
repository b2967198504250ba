"""A copy of true books, to plant errors in: whatever constraints and signatures forbid."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.chaos.audit import Books

Line = dict[str, Any]
TWEET = ("id", "user_id", "text", "reply_to", "conversation_id", "created_at", "state", "idempotency_key")


def in_folder(folder: Path) -> Books:
    """Give the books of *folder*, each in one file."""
    files = (folder / name for name in ("sandbox.db", "book.jsonl", "orders.jsonl"))
    return Books(str(folder / "ostinato.db"), *files)


def keep(books: Books, folder: Path) -> Books:
    """Give a copy of *books* in *folder*, with all that their databases have in one file each."""
    kept = in_folder(folder)
    databases = {books.database.removeprefix("sqlite:///"): kept.database, str(books.sandbox): str(kept.sandbox)}
    for whole, copy in databases.items():
        with closing(sqlite3.connect(whole)) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)
    shutil.copy(books.receiver, kept.receiver)
    shutil.copy(books.orders, kept.orders)
    return kept


class Copied:
    """Books of one's own. The scheduler's are reached by the names of templates, the receiver's by path."""

    def __init__(self, books: Books, folder: Path) -> None:
        self.books = in_folder(folder)
        for name in (books.database, books.sandbox, books.receiver, books.orders):
            shutil.copy(name, folder)

    def sql(self, *statements: str) -> None:
        """Change the scheduler's database; each statement must touch a row. `{NAME}` stands for the id of a run."""
        _change(self.books.database, [self._filled(statement) for statement in statements])

    def sandbox(self, *statements: str) -> None:
        """Change what the sandbox has."""
        _change(str(self.books.sandbox), statements)

    def unconstrain(self, *names: str) -> None:
        """Put tables with the same rows and no keys in the place of those named."""
        for name in names:
            self.sql(f"CREATE TABLE bare AS SELECT * FROM {name}", f"DROP TABLE {name}")
            self.sql(f"ALTER TABLE bare RENAME TO {name}")

    def copy_row(self, name: str, where: str, **changed: str) -> None:
        """Write a row of a table that has no keys any more once more, with some columns changed."""
        changes = ", ".join(f"{column} = {value}" for column, value in changed.items())
        self.sql(f"CREATE TABLE more AS SELECT * FROM {name} WHERE {where} LIMIT 1", f"UPDATE more SET {changes}")
        self.sql(f"INSERT INTO {name} SELECT * FROM more", "DROP TABLE more")

    def copy_tweet(self, **changed: str) -> None:
        """Write the tweet of the template `kept` once more, with some columns changed."""
        columns = [{"id": "id + 1", **changed}.get(name, name) for name in TWEET]
        query = f"SELECT {', '.join(columns)} FROM tweets WHERE text LIKE 'Of kept%'"
        self.sandbox(f"INSERT INTO tweets ({', '.join(TWEET)}) {query}")

    def received(self, path: str) -> list[Line]:
        """Give what came to a path of the receiver."""
        lines = [json.loads(line) for line in self.books.receiver.read_text().splitlines()]
        return [line for line in lines if line["path"] == path]

    def receive(self, change: Callable[[list[Line]], list[Line]]) -> None:
        """Change what came to the path of the template `kept`."""
        lines = [json.loads(line) for line in self.books.receiver.read_text().splitlines()]
        written = [*(line for line in lines if line["path"] != "/kept"), *change(self.received("/kept"))]
        self.books.receiver.write_text("".join(json.dumps(line) + "\n" for line in written))

    def order(self, **line: Any) -> None:
        """Write another order."""
        with self.books.orders.open("a") as file:
            file.write(json.dumps({"at": 0, **line}) + "\n")

    def ordered(self, name: str) -> Line:
        """Give the order of a template."""
        lines = [json.loads(line) for line in self.books.orders.read_text().splitlines()]
        return next(line for line in lines if line.get("name") == name)

    def rewrite(self, before: Line, after: Line) -> None:
        """Put another order in the place of one."""
        orders = self.books.orders.read_text()
        self.books.orders.write_text(orders.replace(json.dumps(before), json.dumps(after)))

    def sign(self, line: Line) -> Line:
        """Sign a line again, with the secret of the template `kept`."""
        headers = line["headers"]
        key = base64.b64decode(self.ordered("kept")["secret"].removeprefix("whsec_"))
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{line['body']}".encode()
        signature = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        return {**line, "headers": {**headers, "webhook-signature": f"v1,{signature}"}}

    def run(self, name: str) -> str:
        """Give the id of the run of a template."""
        query = "SELECT runs.id FROM runs JOIN templates ON templates.id = template_id WHERE name = ?"
        with closing(sqlite3.connect(self.books.database)) as file:
            return str(file.execute(query, (name,)).fetchone()[0])

    def _filled(self, statement: str) -> str:
        for name in ("picky", "quiet", "held", "limited"):
            if f"{{{name}}}" in statement:
                statement = statement.replace(f"{{{name}}}", f"'{self.run(name)}'")
        return statement


def _change(path: str, statements: list[str] | tuple[str, ...]) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            assert file.execute(statement).rowcount != 0, statement
        file.commit()
