from __future__ import annotations

import random
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.draft import Check, Draft, Measure, Part, Repeats, Score
from generators.choose import choose
from generators.repetition import Earlier, mark

TRAM = "The council approved the new tram line to the harbour on Tuesday evening."
GARDEN = "A rose garden moves next to the museum of the town, where the old mill stood."


def repeats(text: str, *earlier: str, standing: tuple[str, ...] = ()) -> Repeats | None:
    known = [Earlier(f"p{number}", (each,)) for number, each in enumerate(earlier)]
    (marked,) = mark([Draft("d0", (Part(text),))], known, standing_links=standing)
    return marked.repeats


def measure(text: str, *earlier: str, standing: tuple[str, ...] = ()) -> Measure | None:
    found = repeats(text, *earlier, standing=standing)
    return found.measure if found else None


def test_the_same_words_repeat_whatever_their_case_punctuation_and_links() -> None:
    loud = TRAM.upper().replace(".", "!") + " https://example.org/tram"
    assert repeats(loud, GARDEN, TRAM) == Repeats("p1", Measure.EXACT, 1.0)


def test_nearly_the_same_words_repeat_and_say_how_alike_they_are() -> None:
    found = repeats(TRAM.replace("Tuesday", "Monday"), TRAM)
    assert found is not None
    assert found.measure is Measure.NEAR
    assert 0.8 < found.likeness < 1


def test_other_words_do_not_repeat() -> None:
    assert repeats(GARDEN, TRAM) is None
    assert repeats(TRAM) is None


def test_other_numbers_are_other_news() -> None:
    assert measure("Version 1.2.4 is out: faster starts", "Version 1.2.3 is out: faster starts") is None
    assert measure("Version 1.2.3 is out: fast starts", "Version 1.2.3 is out: faster starts") is Measure.NEAR


@pytest.mark.parametrize(
    ("today", "yesterday"),
    [
        ("11 days to go until the launch of our new app", "12 days to go until the launch of our new app"),
        ("The launch of our new app is only 11 days away now.", "The launch of our new app is only 12 days away now."),
        ("Version 2.1.2 is out: faster starts", "Version 2.1.1 is out: faster starts"),
        ("Version 2.1 is out: faster starts", "Version 1.2 is out: faster starts"),
        ("This week 3 came and 4 left", "This week 3 came and 3 left"),
        ("リリースまであと11日です、楽しみにお待ちください", "リリースまであと12日です、楽しみにお待ちください"),
    ],
)
def test_a_formula_with_other_figures_is_no_repetition(today: str, yesterday: str) -> None:
    assert measure(today, yesterday) is None
    assert measure(today, today) is Measure.EXACT


def test_the_same_news_with_one_figure_more_repeats() -> None:
    assert measure(f"{TRAM} It costs 48 million.", f"{TRAM} It costs 48 million on 3 May.") is Measure.NEAR


def test_other_figures_in_other_words_are_no_formula() -> None:
    opening = "The council approved the new tram line"
    more = f"{opening} for 48 million euros, which the harbour and the region will pay in equal parts."
    assert measure(more, f"{opening} on 3 May.") is Measure.OPENING


def test_signs_and_links_repeat_only_themselves() -> None:
    assert measure("🎉🎉🎉", "🎉🎉🎉") is Measure.EXACT
    assert measure("👩‍🚀 !", "👩🚀!") is Measure.EXACT
    assert measure("🌷", "🎉🎉🎉") is None
    assert measure("https://example.org/a", "https://example.org/b") is None
    assert measure("https://example.org/a", "https://example.org/a") is Measure.LINK


@pytest.mark.parametrize(
    ("text", "earlier"),
    [
        ("‏وافق المجلس على خط الترام الجديد‏", "وافق المجلس على خط الترام الجديد"),
        ("The coun­cil app​roved the line", "The council approved the line"),
        ("Ｔｈｅ ｃｏｕｎｃｉｌ approved the line", "The council approved the line"),
        ("می‌خواهم کتاب بخوانم", "میخواهم کتاب بخوانم"),
    ],
)
def test_what_nobody_sees_makes_no_difference(text: str, earlier: str) -> None:
    assert measure(text, earlier) is Measure.EXACT


def test_texts_without_spaces_that_share_some_letters_are_not_alike() -> None:
    assert measure("大阪で桜が満開になりましたと市が発表", "大阪で雪が初めて観測されたと国が発表") is None


def test_a_thousand_earlier_posts_are_compared_in_a_moment() -> None:
    words = "the council harbour line tram opens when bridge builders money station garden museum noise depot"
    chance = random.Random(1)
    said = [
        Earlier(str(at), (" ".join(chance.choices(words.split(), k=35)) + f" https://example.org/{at}",))
        for at in range(1000)
    ]
    drafts = [Draft(f"d{at}", (Part(" ".join(chance.choices(words.split(), k=35))),)) for at in range(6)]
    began = time.perf_counter()
    mark(drafts, said, standing_links=())
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "again",
    ["http://www.example.org/tram/", "https://Example.org/tram#comments", "example.org/tram"],
)
def test_a_link_repeats_in_every_way_of_writing_it(again: str) -> None:
    assert measure(f"{GARDEN} {again}", f"{TRAM} https://example.org/tram") is Measure.LINK


def test_other_links_and_standing_links_do_not_repeat() -> None:
    earlier = f"{TRAM} https://example.org/tram"
    assert measure(f"{GARDEN} https://example.org/garden", earlier) is None
    assert measure(f"{GARDEN} https://example.org/Tram", earlier) is None, "a path tells small letters from large ones"
    assert measure(f"{GARDEN} https://example.org/tram", earlier, standing=("http://example.org/tram/",)) is None


def test_the_same_first_words_repeat_and_a_short_beginning_does_not() -> None:
    assert measure("The council approved the new tram line, and nobody was surprised by the vote.", TRAM) is (
        Measure.OPENING
    )
    assert measure("The council is not one for long speeches when the mayor is away.", TRAM) is None
    assert measure("Is it on or is it not?", "Is it on or is it off, the light of the harbour?") is None


def test_a_text_without_spaces_is_compared_too() -> None:
    said = "市議会は火曜日の夜に港までの新しい路面電車の路線を承認しました"
    assert measure(said.replace("火曜日", "月曜日"), said) is Measure.NEAR


def test_the_plainest_repetition_is_named_and_of_equal_ones_the_closest() -> None:
    nearly = TRAM.replace("Tuesday", "Monday")
    assert repeats(TRAM, nearly, TRAM) == Repeats("p1", Measure.EXACT, 1.0)
    found = repeats(nearly, TRAM.replace("the harbour", "the old harbour"), TRAM)
    assert found is not None
    assert found.post_id == "p1"


def test_threads_are_compared_whole_and_by_how_they_begin() -> None:
    closing = "Which part would you ride first?"
    thread = Draft("d0", (Part(TRAM), Part(closing)))
    other = Earlier("p1", (GARDEN, closing))
    same = Earlier("p2", (TRAM, "It opens when the bridge does, which is years away, say the builders of both."))
    assert mark([thread], [other], standing_links=())[0].repeats is None
    found = mark([thread], [same], standing_links=())[0].repeats
    assert found is not None
    assert (found.post_id, found.measure) == ("p2", Measure.OPENING)


texts = st.text(max_size=60)


@given(texts)
def test_what_says_something_repeats_itself(text: str) -> None:
    found = repeats(text, text)
    assert found is None or found.likeness <= 1
    assert found is not None or not any(character.isalnum() for character in text if character.isascii())


@given(texts, texts)
def test_likeness_knows_no_order(one: str, other: str) -> None:
    assert repeats(one, other) == repeats(other, one)


def good(name: str, repeated: Repeats | None = None, value: int = 90) -> Draft:
    return Draft(name, (Part(name),), score=Score(value, (Check("c", passed=True),), "local"), repeats=repeated)


def test_another_angle_is_chosen_and_the_reason_names_what_was_set_aside() -> None:
    choice = choose([good("d0", Repeats("p1", Measure.NEAR, 0.93), 99), good("d1")], count=1, minimum_score=60)
    assert [each.id for each in choice.drafts] == ["d1"]
    assert choice.reason == "d1 won: 1 of 1 checks passed; d0 is 93% like post p1"


def test_two_drafts_of_a_run_that_say_nearly_the_same_are_not_both_posted() -> None:
    again = replace(good("d1"), parts=(Part(TRAM.replace("Tuesday", "Monday") + " https://example.org/tram"),))
    drafts = [replace(good("d0"), parts=(Part(TRAM + " https://example.org/tram"),)), again]
    assert len(choose(drafts, count=2, minimum_score=60).drafts) == 1
    other = replace(good("d2"), parts=(Part(GARDEN + " https://example.org/tram"),))
    assert [each.id for each in choose([*drafts, other], count=3, minimum_score=60).drafts] == ["d0", "d2"]


def test_nothing_is_chosen_when_all_that_is_good_enough_repeats() -> None:
    aside = good("d0", Repeats("p1", Measure.LINK, 0.2))
    choice = choose([aside, good("d1", value=10)], count=1, minimum_score=60)
    assert (choice.drafts, choice.reason) == ((), "d0 has the link of post p1")


def test_the_library_of_near_matches_is_not_loaded_by_those_who_only_name_it() -> None:
    program = "import sys, scheduler.runner, scheduler.editor; sys.exit('rapidfuzz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
