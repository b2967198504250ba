"""Roundups: one thread about several entries, each part with its own link; and the lists that changelogs are."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import WriterError
from domain.material import Figure, Material, MaterialKind
from domain.template import PostType, TweetStyle
from generators.brief import Brief
from generators.embedded.writer import compose
from generators.repetition import Earlier, mark
from generators.verify import problems
from sources.parsing.feed import parse
from sources.parsing.markup import plain_text
from storage.feed_identity import identities

OPENING = Material("m9", MaterialKind.TEXT, "New on our blog:", as_it_stands=True)
ROUNDUP = Brief(type=PostType.THREAD, roundup=True)


def entry(at: int, title: str, text: str, **fields: Any) -> Material:
    url = f"https://acme.com/{at}"
    return Material(f"m{at}", MaterialKind.FEED_ITEM, text, title, **{"url": url, "site": "The Acme Blog", **fields})


INVOICES = entry(
    0,
    "Invoices in 14 languages",
    "Invoices can now be written in 14 languages. The language follows the recipient's address and can be changed.",
)
EXPORT = entry(
    1,
    "Every account can be exported as one file",
    "Exports of up to 2 GB are made within ten minutes, and a link to the file comes by mail.",
)


def parts(*materials: Material, brief: Brief = ROUNDUP) -> list[str]:
    (draft,) = compose(materials, brief)
    assert problems(draft, materials) == ()
    return [part.text for part in draft.parts]


def test_each_entry_has_a_part_with_its_headline_a_sentence_and_its_link_after_the_owners_opening() -> None:
    assert parts(INVOICES, EXPORT, OPENING) == [
        "New on our blog:",
        "Invoices in 14 languages\n\nThe language follows the recipient's address and can be changed.\n\n"
        "https://acme.com/0",
        "Every account can be exported as one file\n\nExports of up to 2 GB are made within ten minutes, and a link to "
        "the file comes by mail.\n\nhttps://acme.com/1",
    ]


def test_the_thread_names_every_material_that_it_is_made_of() -> None:
    (draft,) = compose((INVOICES, EXPORT, OPENING), ROUNDUP)

    assert draft.material_ids == ("m0", "m1", "m9")
    assert {segment.material_id for part in draft.parts for segment in part.segments} >= {"m0", "m1", "m9"}


def test_without_links_and_without_an_opening_there_are_the_entries_alone() -> None:
    brief = Brief(type=PostType.THREAD, roundup=True, link=False)

    assert [text.count("http") for text in parts(INVOICES, EXPORT, brief=brief)] == [0, 0]


def test_a_headline_that_only_its_author_can_say_is_quoted() -> None:
    ours = entry(2, "How we cut our build time from 14 to 3 minutes", "The gain came from three changes to one file.")

    assert parts(ours)[0].startswith(
        "“How we cut our build time from 14 to 3 minutes” (The Acme Blog)\n\nThe gain came"
    )


def test_an_entry_without_words_is_left_out_and_named() -> None:
    silent = entry(3, "@somebody says hello to you all", "Follow @somebody now!")
    (draft,) = compose((INVOICES, silent), ROUNDUP)

    assert len(draft.parts) == 1
    assert draft.unmet_hints == ("https://acme.com/3: left out, it has no words for a part",)
    with pytest.raises(WriterError, match="no entry has a headline"):
        compose((silent, OPENING), ROUNDUP)


def test_what_was_posted_by_itself_and_the_same_opening_are_no_repetition_where_they_stand() -> None:
    drafts = compose((INVOICES, EXPORT, OPENING), ROUNDUP)
    single = Earlier("p1", ("Something else. https://acme.com/0",))
    opening = "New on our wonderful blog this week, for everybody who reads:"
    again = [
        Earlier("p2", (opening, "Other articles.")),
        Earlier("p3", (drafts[0].parts[0].text, "Quite other words about other things.")),
    ]
    links = [each.url for each in (INVOICES, EXPORT) if each.url]

    (free,) = mark(drafts, [single, *again], standing_links=links, standing_opening=True)
    (held,) = mark(drafts, [single], standing_links=[])
    assert free.repeats is None
    assert held.repeats is not None


def test_the_owners_words_are_posted_as_they_stand_each_by_itself_and_however_often() -> None:
    tips = tuple(
        Material(f"m{at}", MaterialKind.TEXT, text, as_it_stands=True)
        for at, text in enumerate(("One! 🎉", "Two — @acme"))
    )
    brief = Brief(count=2, avoid=frozenset({"One! 🎉"}))

    assert [draft.text for draft in compose(tips, brief)] == ["One! 🎉", "Two — @acme"]


def test_a_sentence_that_is_filled_in_passes_the_gate() -> None:
    text = Material("m0", MaterialKind.TEXT, "12 days", as_it_stands=True, figures=(Figure((0, 2), "reckoned"),))
    (draft,) = compose((text,), Brief())

    assert (draft.text, problems(draft, (text,))) == ("12 days", ())


LIST = """<h2>What's Changed</h2><ul><li>Add a dark theme by <a href="https://g.example/mira">@mira</a> in #412</li>
<li><p>Fix a crash on start (#415)</p></li><li>chore: tidy up</li><li>Bump lodash from 4 to 5</li>
<li>Search is 3x faster (1a2b3c4d)</li></ul><p>Full Changelog: v1...v2</p>"""


def test_an_item_of_a_list_begins_with_a_bullet_whatever_it_begins_with() -> None:
    assert plain_text("<ul><li>one</li><li><p>two</p></li><li><ul><li>three</li></ul></li></ul>", limit=100) == (
        "• one\n• two\n• three"
    )


def test_an_entry_is_known_again_that_was_kept_before_lists_had_bullets() -> None:
    def entries(text: str) -> Any:
        item = f"<item><title>t</title><description>{text}</description></item>"
        return parse(f"<rss version='2.0'><channel>{item}</channel></rss>".encode(), "https://a.example/f").entries

    assert identities(entries("&lt;li&gt;one&lt;/li&gt;&lt;li&gt;two&lt;/li&gt;")) == identities(entries("one two"))


def test_a_release_is_told_by_what_its_readers_ask_for() -> None:
    release = entry(0, "v2.4.0", plain_text(LIST, limit=5000), site="Lantern")
    draft = compose((release,), Brief(seed="x"))[0]

    assert draft.text == (
        "Lantern v2.4.0\n\n• Add a dark theme\n• Fix a crash on start\n• Search is 3x faster\n\nhttps://acme.com/0"
    )
    assert problems(draft, (release,)) == ()


@pytest.mark.parametrize(
    ("title", "markup", "told"),
    [
        (
            "v1.12.0",
            "<h2>Features</h2><ul><li>feat(api): return the total count (#820)</li></ul><h2>Fixes</h2>"
            "<ul><li>ui: keep the scroll position (1a2b3c4d)</li></ul><h2>Contributors</h2><p>@a, @b, @c</p>",
            "Lantern v1.12.0\n\n• Return the total count\n• ui: keep the scroll position",
        ),
        (
            "Release 3.1",
            "<pre>* Adds offline maps for 12 countries\n* Fixes the compass on tablets</pre>",
            "Lantern 3.1\n\n• Adds offline maps for 12 countries\n• Fixes the compass on tablets",
        ),
        (
            "2.5.0",
            "<ul><li>Editor<ul><li>Tables can be sorted</li><li>Columns keep their width</li></ul></li></ul>",
            "Lantern 2.5.0\n\n• Tables can be sorted\n• Columns keep their width",
        ),
        (
            "v2.0.9",
            "<p>This release fixes CVE-2026-1234, through which a crafted title could run a script.</p>"
            "<p>Everybody should update.</p><p>We are sorry for the trouble.</p>",
            "Lantern v2.0.9\n\nThis release fixes CVE-2026-1234, through which a crafted title could run a script. "
            "Everybody should update.",
        ),
        (
            "v5",
            f"<ul><li>The exporter writes {'every invoice of a customer, ' * 4}and all else (#12)</li>"
            "<li>ci: faster</li></ul>",
            f"Lantern v5\n\n• The exporter writes {'every invoice of a customer, ' * 4}and all else",
        ),
    ],
    ids=["conventional", "preformatted", "nested", "prose", "long"],
)
def test_a_release_is_told_however_its_changelog_is_written(title: str, markup: str, told: str) -> None:
    release = entry(0, title, plain_text(markup, limit=5000), site="Lantern")

    assert compose((release,), Brief(seed="x"))[0].text == f"{told}\n\nhttps://acme.com/0"
    assert parts(release) == [f"{told}\n\nhttps://acme.com/0"]


def test_a_release_of_chores_alone_has_nothing_to_tell() -> None:
    chores = plain_text("<ul><li>chore(deps): bump bar</li><li>Update dependency foo to v3</li></ul>", limit=500)

    with pytest.raises(WriterError):
        compose((entry(0, "v0.9.3", chores, site="Lantern"),), Brief(seed="x"))


@pytest.mark.parametrize("title", ["v2.5.0", "Lantern 2.5.0", "Lantern v2.5.0: the quiet one"])
@pytest.mark.parametrize("around", ["{}", "<h2>What's Changed</h2>{}<p>Full Changelog: v2.4.0...v2.5.0</p>"])
def test_a_release_of_one_change_is_told(title: str, around: str) -> None:
    markup = around.format("<ul><li>Fix a crash when a notebook is empty by @bob in #12</li></ul>")
    release = entry(0, title, plain_text(markup, limit=5000), site="Lantern")

    told = compose((release,), Brief(seed="x", tweet_style=TweetStyle.EXPLAINER))[0].text

    name = "Lantern v2.5.0" if title == "v2.5.0" else title
    assert told == f"{name}\n\n• Fix a crash when a notebook is empty\n\nhttps://acme.com/0"


def test_two_items_make_a_list_of_an_entry_but_not_of_a_page() -> None:
    text = "• Imported notes keep their date\n• The importer reads empty files"
    release = entry(0, "Lantern 2.3.1", text)
    page = Material("m0", MaterialKind.PAGE, text, "Lantern 2.3.1", url="https://acme.com/0")

    assert "• Imported notes keep their date\n" in compose((release,), Brief(seed="x"))[0].text
    with pytest.raises(WriterError):
        compose((page,), Brief(seed="x"))
