from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.draft import Draft, Guidance, SegmentKind
from domain.errors import WriterError
from domain.material import Material, MaterialKind, StyleProfile
from domain.template import Goal, PostType, TweetStyle
from domain.weighted_length import fits
from generators.brief import Brief
from generators.embedded.writer import compose
from generators.verify import problems

ARTICLES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "generators" / "articles.toml").read_text(encoding="utf-8")
)["article"]
FORMS = [Brief(tweet_style=style) for style in TweetStyle] + [Brief(type=PostType.THREAD), Brief(seed="x")]


def material(article: dict[str, Any], number: int = 0) -> Material:
    return Material(
        id=f"m{number}",
        kind=MaterialKind.FEED_ITEM,
        text=article["text"].strip(),
        title=article["title"],
        url=f"https://example.org/{number}",
        site=article["site"],
        tags=tuple(article["tags"]),
        language=article["language"],
    )


def named(name: str, number: int = 0) -> Material:
    return material(next(article for article in ARTICLES if article["name"] == name), number)


def write(source: Material, brief: Brief) -> tuple[Draft, ...]:
    try:
        return compose((source,), brief)
    except WriterError:
        return ()


def text_of(drafts: tuple[Draft, ...]) -> str:
    return "\n".join(draft.text for draft in drafts)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article["name"])
@pytest.mark.parametrize("brief", FORMS, ids=["line", "paragraphs", "explainer", "thread", "chance"])
def test_every_article_gives_what_it_may_and_nothing_else(article: dict[str, Any], brief: Brief) -> None:
    drafts = write(material(article), brief)
    if article["expect"] == "post":
        assert drafts
    if article["expect"] == "nothing":
        assert not drafts
    assert [words for words in article["never"] if words in text_of(drafts)] == []
    assert all(problems(draft, (material(article),)) == () for draft in drafts)
    assert all(fits(part.text) for draft in drafts for part in draft.parts)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article["name"])
def test_the_same_input_gives_the_same_drafts(article: dict[str, Any]) -> None:
    assert write(material(article), Brief(seed="s")) == write(material(article), Brief(seed="s"))


def test_another_process_writes_the_same_bytes() -> None:
    code = (
        "from tests.unit.test_generators_writer import *\n"
        "print(hash_of(compose((named('english news'),), Brief(seed='s'))))"
    )
    root = Path(__file__).parents[2]
    results = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(results) == 1


def hash_of(drafts: tuple[Draft, ...]) -> str:
    return repr(drafts)


def test_importing_the_writer_loads_nothing_heavy() -> None:
    heavy = {"numpy", "py3langid", "emoji", "trafilatura", "lxml"}
    rooms = "generators.embedded.writer, generators.refine, generators.score, generators.choose"
    code = f"import sys, {rooms}; print({heavy!r} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_one_liner_is_one_sentence_and_the_link() -> None:
    best = compose((named("english news"),), Brief(tweet_style=TweetStyle.ONE_LINER))[0]
    assert best.text == (
        "The city council approved the new tram line to the harbour on Tuesday evening.\n\nhttps://example.org/0"
    )
    assert best.tweet_style is TweetStyle.ONE_LINER


def test_an_explainer_has_lines_with_arrows() -> None:
    best = compose((named("german news"),), Brief(tweet_style=TweetStyle.EXPLAINER))[0]
    assert best.text.count("\n→ ") >= 2


def test_a_list_becomes_a_list() -> None:
    for name in ("changelog", "recipe"):
        best = compose((named(name),), Brief(tweet_style=TweetStyle.EXPLAINER))[0]
        assert best.text.count("\n• ") >= 3


def test_a_first_person_is_quoted_with_the_sites_name() -> None:
    drafts = compose((named("first person blog"),), Brief())
    assert all("(Night Miles)" in draft.text and "“" in draft.text for draft in drafts)


def test_a_form_the_source_cannot_fill_is_reported() -> None:
    short = replace(named("english news"), text="The city council approved the new tram line to the harbour.")
    best = compose((short,), Brief(tweet_style=TweetStyle.EXPLAINER))[0]
    assert best.tweet_style is not TweetStyle.EXPLAINER
    assert "Explainer: the source has no words for this form" in best.unmet_hints


def test_a_thread_carries_its_link_in_the_last_part_only() -> None:
    for draft in compose((named("english news"),), Brief(type=PostType.THREAD)):
        assert len(draft.parts) >= 2
        assert ["https://" in part.text for part in draft.parts] == [False] * (len(draft.parts) - 1) + [True]


def test_without_a_link_the_site_is_named() -> None:
    drafts = compose((named("english news"),), Brief(link=False))
    assert all(draft.text.endswith("\n\nvia Harbour Gazette") for draft in drafts)


def test_a_long_address_that_x_does_not_shorten_still_leaves_room() -> None:
    source = replace(named("english news"), url="http://127.0.0.1:8000/" + "x" * 120)
    for draft in compose((source,), Brief(tweet_style=TweetStyle.PARAGRAPHS)):
        assert draft.text.endswith(source.url or "")
        assert fits(draft.text)


def test_the_question_comes_only_with_conversation_as_the_goal() -> None:
    source = named("german news")
    asked = compose((source,), Brief(prompt="ask a question", goal=Goal.CONVERSATION))[0]
    assert "Wie seht ihr das?" in asked.text
    assert asked.unmet_hints == ()
    refused = compose((source,), Brief(prompt="ask a question"))[0]
    assert "Wie seht ihr das?" not in refused.text
    assert refused.unmet_hints == ("ask a question",)


def test_hints_outside_the_vocabulary_are_reported() -> None:
    drafts = compose((named("english news"),), Brief(prompt="Use hashtags. Write like a pirate, mention our sale"))
    assert drafts[0].unmet_hints == ("Write like a pirate", "mention our sale")
    assert "#PublicTransport #Tram" in drafts[0].text


def test_an_emoji_is_a_word_of_the_post() -> None:
    best = compose((named("english news"),), Brief(prompt="emoji", tweet_style=TweetStyle.ONE_LINER))[0]
    symbols = [segment for part in best.parts for segment in part.segments if segment.kind is SegmentKind.EMOJI]
    assert [segment.text for segment in symbols] == ["🚊"]


def test_guidance_against_hashtags_overrules_a_style_but_not_a_hint() -> None:
    fond = StyleProfile("a", ("One #a #b", "Two #c #d", "Three #e #f"))
    rules = Guidance(rules=("No hashtags", "Front-load the hook"))
    source = named("english news")
    assert "#" in text_of(compose((source,), Brief(style=fond)))
    assert "#" not in text_of(compose((source,), Brief(style=fond, guidance=rules)))
    assert "#" in compose((source,), Brief(prompt="hashtags", guidance=rules))[0].text


def test_a_style_without_full_stops_drops_the_last_one() -> None:
    style = StyleProfile("a", ("Trams are good", "The harbour is far away today", "Nobody walks there any more"))
    best = compose((named("english news"),), Brief(style=style, link=False, tweet_style=TweetStyle.ONE_LINER))[0]
    assert best.text.startswith("The city council approved the new tram line to the harbour on Tuesday evening\n")


def test_drafts_are_numbered_ranked_and_different() -> None:
    drafts = compose((named("english news"),), Brief(tweet_style=TweetStyle.PARAGRAPHS, maximum_drafts=3))
    assert [draft.id for draft in drafts] == [f"d{at}" for at in range(len(drafts))]
    assert [draft.rank for draft in drafts] == sorted((draft.rank for draft in drafts), reverse=True)
    assert len({draft.text for draft in drafts}) == len(drafts) <= 3


def test_several_posts_come_from_different_materials() -> None:
    sources = tuple(named(name, at) for at, name in enumerate(("english news", "german news", "french news")))
    drafts = compose(sources, Brief(count=3, maximum_drafts=3))
    assert [draft.material_ids for draft in drafts] == [("m0",), ("m1",), ("m2",)]


def test_what_was_posted_is_not_written_again() -> None:
    source = named("english news")
    first = compose((source,), Brief(tweet_style=TweetStyle.ONE_LINER))[0]
    posted = frozenset({first.text.upper().replace("HTTPS://EXAMPLE.ORG/0", "https://t.co/abc")})
    assert first.text not in text_of(compose((source,), Brief(tweet_style=TweetStyle.ONE_LINER, avoid=posted)))


def test_when_everything_was_posted_there_is_nothing_new() -> None:
    source = named("english news")
    every = frozenset(
        draft.text for draft in compose((source,), Brief(tweet_style=TweetStyle.ONE_LINER, maximum_drafts=99))
    )
    with pytest.raises(WriterError, match=r"^nothing new"):
        compose((source,), Brief(tweet_style=TweetStyle.ONE_LINER, avoid=every))


def test_a_material_without_words_gives_the_reason() -> None:
    with pytest.raises(WriterError, match=r"too short for a post: 3 characters"):
        compose((Material("m0", MaterialKind.PAGE, "Hi."),), Brief())
    with pytest.raises(WriterError, match="there is no material"):
        compose((), Brief())


def test_chance_follows_the_seed() -> None:
    source = named("english news")
    forms = {compose((source,), Brief(seed=str(seed)))[0].tweet_style for seed in range(12)}
    assert forms == set(TweetStyle)
