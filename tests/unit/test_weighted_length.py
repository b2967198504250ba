from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain.weighted_length import fits, link_spans, weighted_length

CONFORMANCE = Path(__file__).parents[3] / "shared" / "data" / "twitter-text" / "validate.yml"
GROUPS = {
    "WeightedTweetsCounterTest": ("v2", 20),
    "WeightedTweetsWithDiscountedEmojiCounterTest": ("v3", 22),
    "UnicodeDirectionalMarkerCounterTest": ("v3", 2),
}


def conformance(group: str) -> list[dict[str, Any]]:
    if not CONFORMANCE.exists():
        pytest.skip("twitter-text's conformance cases are not on this machine")
    return list(yaml.safe_load(CONFORMANCE.read_text(encoding="utf-8"))["tests"][group])


@pytest.mark.parametrize("group", GROUPS)
def test_it_counts_as_twitter_text_does(group: str) -> None:
    config, count = GROUPS[group]
    cases = conformance(group)
    wrong = {
        case["description"]: (weighted_length(case["text"], config=config), case["expected"]["weightedLength"])  # type: ignore[arg-type]
        for case in cases
    }
    assert len(cases) == count
    assert {name: pair for name, pair in wrong.items() if pair[0] != pair[1]} == {}


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("plain words", 11),
        ("日本語", 6),
        ("한국어 뉴스", 11),
        ("Привет", 6),
        ("مرحبا", 5),
        ("e\u0301", 1),
        ("“quoted” – dash…", 17),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🏴‍☠️🏳️‍🌈", 4),
        ("❤️‍🔥", 2),
        ("👩🏽‍🚀 up", 5),
        ("🇩🇪🇫🇷", 4),
        ("3️⃣ things", 9),
        ("🐱‍🐶", 5),
        ("© 2024", 6),
        ("©️ 2024", 7),
        ("see https://example.org/a/very/long/path/that/is/long?with=query#and-more now", 31),
        ("see example.org now", 31),
        ("see example.notadomain now", 26),
        ("http://localhost:8000/item", 26),
        ("http://127.0.0.1:8000/item", 26),
        ("mail jane.doe@example.org", 25),
        ("日本語https://example.com日本語", 35),
        ("(https://en.wikipedia.org/wiki/Ostinato_(music))", 25),
        ("Version 1.2.3, e.g. this", 24),
    ],
)
def test_our_own_cases(text: str, length: int) -> None:
    assert weighted_length(text) == length


def test_a_link_ends_before_the_full_stop_after_it() -> None:
    text = "Read https://example.org/story. Then rest."
    assert [text[start:end] for start, end in link_spans(text)] == ["https://example.org/story"]


def test_280_fits_and_281_does_not() -> None:
    assert fits("x" * 280)
    assert not fits("x" * 281)
    assert fits("漢" * 140)
    assert not fits("漢" * 141)


@given(st.text(max_size=300))
def test_the_length_is_that_of_the_nfc_form(text: str) -> None:
    assert weighted_length(text) == weighted_length(unicodedata.normalize("NFC", text))


@given(st.text(alphabet=st.characters(exclude_characters="."), max_size=200), st.integers(0, 200))
def test_without_a_full_stop_two_halves_weigh_no_less_than_the_whole(text: str, at: int) -> None:
    text = unicodedata.normalize("NFC", text)
    assert weighted_length(text[:at]) + weighted_length(text[at:]) >= weighted_length(text)


def test_importing_it_loads_neither_regex_nor_emoji() -> None:
    code = "import sys, domain.weighted_length; print({'regex', 'emoji'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
