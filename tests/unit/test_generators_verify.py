from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.draft import Draft, Part, Segment, SegmentKind
from domain.errors import WriterError
from domain.material import Material, MaterialKind
from domain.template import Goal, PostType, TweetStyle
from generators.brief import Brief
from generators.embedded.writer import compose
from generators.pieces import field_text, fixed, part, quoted
from generators.verify import problems

ARTICLES = Path(__file__).parents[1] / "data" / "generators" / "articles.toml"
MATERIAL = Material(
    id="m0",
    kind=MaterialKind.PAGE,
    text="The council approved the line on Tuesday. It costs 48 million euros. Ask @mayor at evil.com about it.",
    title="Council approves tram line",
    url="https://example.org/tram",
    site="Harbour Gazette",
    tags=("public transport",),
)


def draft(*segments: Segment) -> Draft:
    return Draft(id="d0", parts=(part(segments),), language="en", material_ids=("m0",))


def extract(start: int, end: int, text: str | None = None) -> Segment:
    return Segment(SegmentKind.EXTRACT, text or MATERIAL.text[start:end], "m0", "text", ((start, end),))


def wordy() -> st.SearchStrategy[Material]:
    words = st.text(alphabet="abcdefgäöüéñ漢字かなруسلا0123456789'-“”„\"()", min_size=1, max_size=9)
    marks = st.sampled_from([".", "!", "?", "。", "…", ",", " –", ":", '."'])
    sentence = st.tuples(st.lists(words, min_size=1, max_size=16), marks).map(lambda p: " ".join(p[0]).title() + p[1])
    text = st.lists(sentence, max_size=14).flatmap(
        lambda found: st.sampled_from([" ", "\n", "\n\n"]).map(lambda gap: gap.join(found))
    )
    return st.builds(
        Material,
        id=st.just("m0"),
        kind=st.sampled_from(list(MaterialKind)),
        text=text,
        title=st.one_of(sentence, st.just("")),
        url=st.sampled_from([None, "https://example.org/a"]),
        site=st.sampled_from([None, "Gazette"]),
        language=st.sampled_from(["en", "de", "ja", None]),
        tags=st.lists(words, max_size=3).map(tuple),
    )


def briefs() -> st.SearchStrategy[Brief]:
    return st.builds(
        Brief,
        type=st.sampled_from(list(PostType)),
        tweet_style=st.sampled_from([None, *TweetStyle]),
        goal=st.sampled_from(list(Goal)),
        prompt=st.sampled_from([None, "use emojis, hashtags and a question", "short, no link"]),
        link=st.booleans(),
    )


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wordy(), briefs())
def test_every_draft_of_any_document_passes(material: Material, brief: Brief) -> None:
    try:
        drafts = compose((material,), brief)
    except WriterError:
        return
    assert [problems(found, (material,)) for found in drafts] == [()] * len(drafts)


def written() -> list[tuple[Draft, Material]]:
    articles: list[dict[str, Any]] = tomllib.loads(ARTICLES.read_text(encoding="utf-8"))["article"]
    found = []
    for article in articles[:9]:
        material = replace(
            MATERIAL,
            text=article["text"].strip(),
            title=article["title"],
            site=article["site"],
            tags=tuple(article["tags"]),
            language=article["language"],
        )
        brief = Brief(tweet_style=TweetStyle.PARAGRAPHS, prompt="use emojis and hashtags")
        found += [(found_draft, material) for found_draft in compose((material,), brief)]
    return found


WRITTEN = written()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changing_any_character_of_a_segment_fails(data: st.DataObject) -> None:
    found, material = data.draw(st.sampled_from(WRITTEN))
    segments = found.parts[0].segments
    at = data.draw(st.integers(0, len(segments) - 1))
    where = data.draw(st.integers(0, len(segments[at].text) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != segments[at].text[where]))
    text = segments[at].text[:where] + other + segments[at].text[where + 1 :]
    tampered = (*segments[:at], replace(segments[at], text=text), *segments[at + 1 :])
    capital = where == 0 and segments[at].kind is SegmentKind.TRIMMED and text[0] == segments[at].text[0].swapcase()
    layout = segments[at].kind is SegmentKind.TEMPLATE and text in ("\n", " ", "→ ", "• ")
    if not capital and not layout:
        assert problems(replace(found, parts=(part(tampered),)), (material,)) != ()


def test_an_honest_draft_passes() -> None:
    assert problems(draft(extract(0, 41)), (MATERIAL,)) == ()


def test_segments_that_do_not_join_to_the_text_fail() -> None:
    honest = draft(extract(0, 41)).parts[0]
    other = Draft(id="d0", parts=(Part(honest.text + " More.", honest.segments),))
    assert problems(other, (MATERIAL,)) == ("part 0: its segments do not join to its text",)


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        (extract(0, 41, "The council rejected the line on Tuesday."), "is not what its source says"),
        (extract(42, 60), "begins or ends inside a word"),
        (Segment(SegmentKind.TEMPLATE, "Only 5 left"), "is not one of the writer's fixed words"),
        (Segment(SegmentKind.LINK, "https://evil.com", "m0", "url", ((0, 16),)), "is not what its source says"),
        (Segment(SegmentKind.HASHTAG, "#Win", "m0", "tags", ((0, 6),)), "is not what its source says"),
        (Segment(SegmentKind.EMOJI, "🚀", "m0", "title", ((0, 7),)), "is not what its source says"),
        (Segment(SegmentKind.EXTRACT, "Tuesday", "m9", "text", ((33, 40),)), "names no material"),
        (Segment(SegmentKind.EXTRACT, "Harbour", "m0", "author", ((0, 7),)), "names no source of its kind"),
        (Segment(SegmentKind.EXTRACT, "x", "m0", "text", ((900, 901),)), "are not in order within their source"),
        (extract(68, len(MATERIAL.text)), "it mentions somebody"),
        (extract(68, len(MATERIAL.text)), "it links to evil.com"),
    ],
)
def test_it_names_what_is_wrong(segment: Segment, reason: str) -> None:
    assert any(reason in problem for problem in problems(draft(segment), (MATERIAL,)))


@pytest.mark.parametrize(("start", "end"), [(12, 15), (10, 11), (10, 12), (10, 13), (11, 16)])
def test_a_number_cut_in_two_fails(start: int, end: int) -> None:
    material = replace(MATERIAL, text="It costs: 48,000 euros.")
    cut = Segment(SegmentKind.EXTRACT, material.text[start:end], "m0", "text", ((start, end),))
    assert any("inside a word" in problem for problem in problems(draft(cut), (material,)))


def test_a_part_of_281_characters_fails() -> None:
    material = replace(MATERIAL, text="word " * 56 + "x.")
    whole = quoted(material, "text", ((0, len(material.text)),))
    assert any("of 280" in problem for problem in problems(draft(whole), (material,)))


def test_the_owners_own_text_may_mention_and_link() -> None:
    material = replace(MATERIAL, kind=MaterialKind.TEXT)
    assert problems(draft(extract(68, len(material.text))), (material,)) == ()


def test_a_trimmed_segment_may_begin_with_a_large_letter_and_change_nothing_else() -> None:
    spans = ((4, 41),)
    honest = Segment(SegmentKind.TRIMMED, "Council approved the line on Tuesday.", "m0", "text", spans)
    assert problems(draft(honest), (MATERIAL,)) == ()
    assert problems(draft(replace(honest, text=honest.text.upper())), (MATERIAL,)) != ()


def test_leaving_out_may_not_make_one_word_of_two() -> None:
    material = replace(MATERIAL, text="in einem (nord)östlichen Zipfel")
    glued = quoted(material, "text", ((0, 8), (15, 31)))
    assert glued.text == "in einemöstlichen Zipfel"
    assert any("one word of two" in problem for problem in problems(draft(glued), (material,)))


def test_quotation_marks_stand_only_around_a_quotation_with_its_source() -> None:
    said, site = extract(0, 41), Segment(SegmentKind.EXTRACT, "Harbour Gazette", "m0", "site", ((0, 15),))
    whole = (fixed("“"), said, fixed("”"), fixed(" ("), site, fixed(")"))
    assert problems(draft(*whole), (MATERIAL,)) == ()
    for at in (0, 2, 3, 5):
        assert problems(draft(*whole[:at], *whole[at + 1 :]), (MATERIAL,)) != ()
    assert problems(draft(fixed("“"), said, fixed("”")), (MATERIAL,)) != ()


def test_tags_are_one_tag_a_line() -> None:
    assert field_text(replace(MATERIAL, tags=("a b", "c")), "tags") == "a b\nc"
