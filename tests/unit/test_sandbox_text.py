from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sandbox.editorial.text import find_links, links_of, weighted_length, without_links, word_count

CONFORMANCE = Path("../shared/data/twitter-text/validate.yml")
SECTIONS = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("plain text", 10),
        ("ä ö ü", 5),
        ("e\u0301", 1),
        ("日本語", 6),
        ("한국어", 6),
        ("👩‍👩‍👧‍👦", 2),
        ("👍🏿👍", 4),
        ("🇩🇪", 2),
        ("“quoted”", 8),
        ("https://example.com/a/very/long/path?with=query", 23),
        ("see example.com.", 28),
        ("例はexample.comです", 4 + 23 + 4),
        ("http://no-domain", 16),
    ],
)
def test_texts_weigh_what_x_says(text: str, length: int) -> None:
    assert weighted_length(text) == length


@pytest.mark.skipif(not CONFORMANCE.exists(), reason="twitter-text's own cases are not on this machine")
@pytest.mark.parametrize("section", SECTIONS)
def test_twitter_texts_own_cases_agree(section: str) -> None:
    cases = yaml.safe_load(CONFORMANCE.read_text(encoding="utf-8"))["tests"][section]
    wrong = [
        case["description"] for case in cases if weighted_length(case["text"]) != case["expected"]["weightedLength"]
    ]
    assert (len(cases) > 1, wrong) == (True, [])


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("(https://example.com/a).", ["https://example.com/a"]),
        ("https://en.example.org/Primer_(film)", ["https://en.example.org/Primer_(film)"]),
        ("詳細https://example.com/pathを見る", ["https://example.com/path"]),
        ("mail me@example.com or @example", []),
        ("done.It works. e.g. this", []),
    ],
)
def test_links_end_where_the_sentence_goes_on(text: str, links: list[str]) -> None:
    assert links_of(text) == links


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("one two three", 3),
        ("@you #tag https://a.example 🎉", 0),
        ("毎朝九時に投稿する", 4),
        ("안녕하세요 여러분", 2),
        ("it's 7.5%", 2),
    ],
)
def test_words_are_counted_in_any_script(text: str, count: int) -> None:
    assert word_count(text) == count


@given(st.text(alphabet=st.sampled_from(list("ab .:/#@日本かé🎉-?!")) | st.characters(), max_size=120))
def test_links_are_found_inside_the_text_and_without_overlap(text: str) -> None:
    spans = find_links(text)
    assert all(start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    if not spans:
        assert without_links(text) == text


@given(st.text(max_size=120))
def test_a_word_added_at_the_end_weighs_its_letters_and_a_space(text: str) -> None:
    assert weighted_length(f"{text} word") == weighted_length(text) + 5
