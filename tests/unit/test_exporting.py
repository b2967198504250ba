from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from scheduler.operations.exporting import to_toml

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
plain = words | st.booleans() | st.integers(-(2**63), 2**63 - 1)
names = st.from_regex(r"[a-z_]{1,10}", fullmatch=True)
tables = st.dictionaries(names, plain | st.lists(words, max_size=3), max_size=3)
documents = st.dictionaries(
    names, plain | st.lists(words, max_size=12) | tables | st.lists(tables, min_size=1, max_size=3)
)


@given(documents)
@example({"a": 'a "quoted" \\ line\r\nand """ three\ttabs\x00\x7f', "schedule": {"times": ["09:00"]}, "z": 1})
@example({"text": "\nbegins and ends\n", "samples": {"samples": ["x" * 100, "two\nlines"]}})
def test_a_document_written_as_toml_reads_back_as_it_is(document: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(document)) == document


def test_a_text_of_several_lines_stays_readable() -> None:
    assert to_toml({"text": "one\ntwo"}) == 'text = """\none\ntwo"""\n'


def test_tables_come_after_the_fields_of_the_template_itself() -> None:
    written = to_toml({"feeds": [{"url": "u"}], "schedule": {"cron": "0 9 * * *"}, "name": "a"})

    assert written == 'name = "a"\n\n[[feeds]]\nurl = "u"\n\n[schedule]\ncron = "0 9 * * *"\n'
