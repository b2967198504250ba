from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import WriterError
from domain.material import Material, MaterialKind
from domain.template import PostType, TweetStyle
from domain.weighted_length import fits
from generators.brief import Brief
from generators.embedded.verbatim import cuts
from generators.embedded.writer import compose


def owned(text: str) -> tuple[Material, ...]:
    return (Material("m0", MaterialKind.TEXT, text),)


def test_a_text_alone_is_posted_as_it_is() -> None:
    text = "I LOVE this!!! See @friend at https://evil.example.com\n\n#yes"
    (draft,) = compose(owned(text), Brief())
    assert draft.text == text


@pytest.mark.parametrize("brief", [Brief(prompt="short"), Brief(tweet_style=TweetStyle.ONE_LINER), Brief(count=2)])
def test_with_a_hint_a_form_or_a_count_it_is_material(brief: Brief) -> None:
    text = "The council approved the line. It opens in 2029. Residents of the old quarter protested against the depot."
    assert compose(owned(text), brief)[0].text != text


def test_the_owner_may_say_we_and_sell() -> None:
    text = (
        "We opened our second bakery in the old harbour office. Order your bread online now and collect it on Friday."
    )
    drafts = compose(owned(text), Brief(tweet_style=TweetStyle.ONE_LINER))
    assert {draft.text for draft in drafts} == set(text.replace("office. ", "office.|").split("|"))


def test_a_text_too_long_for_a_tweet_says_so() -> None:
    with pytest.raises(WriterError, match=r"300 weighted characters, a tweet 280: shorten it or make it a thread"):
        compose(owned("x" * 300), Brief())


def test_a_text_posted_before_is_nothing_new() -> None:
    with pytest.raises(WriterError, match=r"^nothing new"):
        compose(owned("Hello out there"), Brief(avoid=frozenset({"hello  OUT there"})))


def test_a_thread_is_cut_between_paragraphs() -> None:
    text = "First paragraph, short.\n\nSecond paragraph.\nWith a second line."
    (draft,) = compose(owned(text), Brief(type=PostType.THREAD))
    assert [part.text for part in draft.parts] == text.split("\n\n")


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = " ".join(f"This is sentence number {number} of the paragraph." for number in range(12))
    (draft,) = compose(owned(text), Brief(type=PostType.THREAD))
    assert all(part.text.endswith("paragraph.") for part in draft.parts)
    assert " ".join(part.text for part in draft.parts) == text


@given(st.lists(st.text(alphabet="abc漢.!\n", min_size=1, max_size=12), max_size=120).map(" ".join))
def test_cutting_loses_no_word_and_cuts_none(text: str) -> None:
    spans = cuts(text)
    assert [word for start, end in spans for word in text[start:end].split()] == text.split()
    assert all(fits(text[start:end]) for start, end in spans)
