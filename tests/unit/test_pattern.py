"""Patterns: names in braces, each place remembered with where it comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pattern import Filling, fill, names

TEXTS = st.text(st.characters(blacklist_characters="{}", blacklist_categories=["Cs"]), max_size=12)


def test_names_are_found_once_and_doubled_braces_are_none() -> None:
    assert names("{a} and { b } and {a}, {{c}}") == ("a", "b")


@pytest.mark.parametrize("pattern", ["{", "a } b", "{a", "{a\nb}", "{a {b}"])
def test_a_lone_brace_is_refused_with_its_place(pattern: str) -> None:
    with pytest.raises(ValueError, match="stands at character"):
        names(pattern)


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["a", "b"])), max_size=5), TEXTS)
def test_what_is_filled_in_stands_where_the_figures_say(pieces: list[tuple[str, str]], end: str) -> None:
    pattern = "".join(f"{text}{{{name}}}" for text, name in pieces) + end
    text, figures = fill(pattern, lambda name: Filling(name * 3, f"from {name}"))

    assert text == "".join(before + name * 3 for before, name in pieces) + end
    assert [(text[slice(*each.span)], each.source) for each in figures] == [
        (name * 3, f"from {name}") for _, name in pieces
    ]
