"""Every example of examples/, run by the daemon against a site, a sandbox and a receiver: slot by slot, as written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from domain.material import Material, MaterialKind, StyleProfile
from generators.brief import Brief
from generators.embedded.style import distance, manner_of
from generators.embedded.writer import compose
from tests.acceptance.example_stage import EXAMPLES, ExampleStage, example_stage

RELEASES = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>urn:lantern</id><title>Lantern</title><link rel="alternate" href="{site}/releases"/>{entries}</feed>"""
RELEASE = """<entry><id>urn:{name}</id><title>{name}</title><updated>{day}T08:00:00Z</updated>
<link rel="alternate" href="{site}/releases/{name}"/><content type="html">&lt;h2&gt;What's Changed&lt;/h2&gt;
&lt;ul&gt;{items}&lt;/ul&gt;&lt;p&gt;Full Changelog: v2.3.1...{name}&lt;/p&gt;</content></entry>"""
BLOG = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Acme Blog</title><link>{site}/blog</link><description>x</description>{items}</channel></rss>"""
ARTICLES = {
    "build-time": (
        "Thu, 05 Mar 2026 09:00:00 GMT",
        "How we cut our build time from 14 to 3 minutes",
        "Last autumn our builds took 14 minutes. Today they take 3. Most of the gain came from three changes, none of "
        "them clever.",
        "A build now compares the content of each package with the last one and skips 80% of them. The second change "
        "was to run the tests on the machine that had built the package.",
    ),
    "languages": (
        "Wed, 04 Mar 2026 09:00:00 GMT",
        "Invoices in 14 languages",
        "Invoices can now be written in 14 languages, among them Polish, Greek and Japanese. The language follows the "
        "recipient's address and can be set for each customer.",
        "Translations were made by people who write invoices for a living. Each of them checked 420 phrases against "
        "the law of their country.",
    ),
    "status": (
        "Tue, 03 Mar 2026 09:00:00 GMT",
        "What a status page should say",
        "A status page that is green during an outage is worse than none. Readers believe it once.",
        "Three sentences are enough: what is broken, since when, and when the next message comes. Times belong in UTC "
        "and in the reader's own zone.",
    ),
    "export": (
        "Tue, 10 Mar 2026 09:00:00 GMT",
        "Every account can now be exported as one file",
        "An export holds all invoices, customers and settings of an account, as CSV and as PDF.",
        "Exports of up to 2 GB are made within ten minutes, and a link to the file comes by mail. The link works for "
        "seven days.",
    ),
    "keys": (
        "Tue, 17 Mar 2026 09:00:00 GMT",
        "API keys can be limited to one project",
        "An API key that is limited to one project sees nothing of the others, not even their names.",
        "Limits are set when a key is made and cannot be widened later. Old keys keep what they had until they are "
        "replaced, at the latest on 1 June.",
    ),
}
SANDRA = EXAMPLES.parent / "sandbox" / "seed" / "texts" / "sandra_writes.txt"
TABLE = "week,signups,notes,uptime\n2026-02-15,990,51200,99.91%\n2026-02-22,1108,54310,99.95%\n"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[ExampleStage]:
    with example_stage(tmp_path) as made:
        yield made


def releases(here: ExampleStage, *entries: str) -> str:
    text = RELEASES.replace("{entries}", "".join(entries)).replace("{site}", here.web.url)
    return here.web.serve("/changelog.xml", text)


def release(name: str, day: str, *items: str) -> str:
    listed = "".join(f"&lt;li&gt;{item}&lt;/li&gt;" for item in items)
    return (
        RELEASE.replace("{name}", name).replace("{day}", day).replace("{items}", listed).replace("{{site}}", "{site}")
    )


def blog(here: ExampleStage, *names: str) -> str:
    items = "".join(
        f"<item><title>{title}</title><link>{{site}}/blog/{name}</link><guid>{name}</guid><pubDate>{date}</pubDate>"
        f"<content:encoded>&lt;p&gt;{one}&lt;/p&gt;&lt;p&gt;{two}&lt;/p&gt;</content:encoded></item>"
        for name, (date, title, one, two) in ((each, ARTICLES[each]) for each in names)
    )
    return here.web.serve("/blog/feed.xml", BLOG.replace("{items}", items).replace("{site}", here.web.url))


def texts(event: dict[str, Any]) -> list[str]:
    return [post["text"] for post in event["data"]["posts"]]


def reply_chain(here: ExampleStage) -> list[str | None]:
    """Give, for each tweet, the text of the one that it replies to."""
    said = {tweet["id"]: tweet["text"] for tweet in here.tweets()}
    return [said.get(tweet["reply_to"]) for tweet in here.tweets()]


def documented(here: ExampleStage, posted: Iterable[str]) -> bool:
    """Tell whether docs/examples.md shows these very posts."""
    page = (EXAMPLES.parent / "docs" / "examples.md").read_text(encoding="utf-8")
    return all(f"```\n{text.replace(here.web.url, 'https://example.com')}\n```" in page for text in posted)


def reason(event: dict[str, Any]) -> tuple[str, str]:
    return event["data"]["run"]["reason"], event["data"]["run"]["detail"]


def test_there_are_six_examples_of_templates_each_with_a_test_below() -> None:
    templates = {path.name for path in EXAMPLES.iterdir() if path.suffix in (".toml", ".yaml", ".json")}

    assert templates == {
        "changelog.toml",
        "blog-digest.yaml",
        "tips.toml",
        "voice.toml",
        "countdown.toml",
        "metrics.toml",
    }


def test_a_release_becomes_a_tweet_with_what_changed_and_nothing_is_posted_twice(here: ExampleStage) -> None:
    old = release("v2.3.1", "2026-02-20", "Fixed: imported notes kept the wrong date")
    here.add("2026-03-02T07:00:00Z", "changelog.toml", changelog=releases(here, old))
    here.read_feeds("2026-03-02T07:00:00Z")
    new = (
        "Add a dark theme that follows the system setting by @mira in #412",
        "Search is 3x faster on large notebooks by @jo in #420",
        "Bump lodash from 4.17.20 to 4.17.21 by @dependabot in #421",
    )
    releases(here, release("v2.4.0", "2026-03-02", *new), old)

    (posted,) = here.live("2026-03-02T09:00:00Z")  # 10:00 in Berlin
    (silent,) = here.live("2026-03-02T15:00:00Z")  # 16:00

    assert texts(posted) == [
        "Lantern v2.4.0\n\n• Add a dark theme that follows the system setting\n"
        f"• Search is 3x faster on large notebooks\n\n{here.web.url}/releases/v2.4.0"
    ]
    assert documented(here, texts(posted))
    assert reason(silent) == ("nothing_new", f"{here.web.url}/changelog.xml: nothing new in this feed")
    assert [tweet["text"] for tweet in here.tweets()] == texts(posted)


def test_a_week_of_articles_becomes_one_thread_and_a_single_article_waits(here: ExampleStage) -> None:
    here.add("2026-03-02T07:00:00Z", "blog-digest.yaml", blog=blog(here))
    here.read_feeds("2026-03-02T07:00:00Z")

    blog(here, "build-time", "languages", "status")
    (first,) = here.live("2026-03-06T21:00:00Z")  # Friday, 16:00 in New York
    blog(here, "export", "build-time", "languages", "status")
    (waits,) = here.live("2026-03-13T20:00:00Z")  # 16:00 again: the clocks have changed
    blog(here, "keys", "export", "build-time", "languages", "status")
    (second,) = here.live("2026-03-20T20:00:00Z")

    opening, site = "New on our blog this week:", f"{here.web.url}/blog"
    assert texts(first) == [
        opening,
        "What a status page should say\n\nThree sentences are enough: what is broken, since when, and when the next "
        f"message comes.\n\n{site}/status",
        "Invoices in 14 languages\n\nInvoices can now be written in 14 languages, among them Polish, Greek and "
        f"Japanese.\n\n{site}/languages",
        "“How we cut our build time from 14 to 3 minutes” (The Acme Blog)\n\nMost of the gain came from three changes, "
        f"none of them clever.\n\n{site}/build-time",
    ]
    assert documented(here, texts(first))
    assert reason(waits) == ("nothing_new", "roundup: 1 entry is new, and it waits until there are 2")
    assert [text.splitlines()[0] for text in texts(second)] == [
        opening,
        "Every account can now be exported as one file",
        "API keys can be limited to one project",
    ]
    assert [text.splitlines()[-1] for text in texts(second)[1:]] == [f"{site}/export", f"{site}/keys"]
    chain = [*texts(first), *texts(second)]
    assert reply_chain(here) == [None if text == opening else chain[at - 1] for at, text in enumerate(chain)]


def test_tips_are_posted_word_for_word_in_order_and_come_again_when_their_time_has_come(here: ExampleStage) -> None:
    tips = (EXAMPLES / "tips.txt").read_text(encoding="utf-8").splitlines()
    here.add("2026-03-02T08:00:00Z", "tips.toml")
    days = [f"2026-03-{day:02}T{hour:02}:00:01Z" for day in (2, 3, 4) for hour in (8, 20)]

    posted = [text for moment in days for event in here.live(moment) for text in texts(event)]
    (silent,) = here.live("2026-03-05T08:00:01Z")
    again = here.live("2026-05-02T08:00:01Z")[-1]

    assert posted == tips
    assert documented(here, tips[:1])
    why, detail = reason(silent)
    assert (why, detail[:63]) == ("nothing_new", "tips: all 6 tips were posted within the last 60 days (repeat_af")
    assert "from 2026-05-01 08:00 UTC" in detail
    assert texts(again) == tips[:1]
    assert [tweet["text"] for tweet in here.tweets()] == [*tips, tips[0]]


def test_articles_are_written_in_the_manner_of_one_author(here: ExampleStage) -> None:
    here.add("2026-03-02T07:00:00Z", "voice.toml", blog=blog(here))
    here.read_feeds("2026-03-02T07:00:00Z")
    blog(here, "languages", "status")

    posted = [text for day in (5, 6) for event in here.live(f"2026-03-{day:02}T08:30:00Z") for text in texts(event)]
    (silent,) = here.live("2026-03-09T08:30:00Z")

    site = f"{here.web.url}/blog"
    assert posted == [
        f"Times belong in UTC and in the reader's own zone.\n\n{site}/status",
        f"Invoices can now be written in 14 languages, among them Polish, Greek and Japanese.\n\n{site}/languages",
    ]
    assert documented(here, posted[:1])
    assert reason(silent)[0] == "nothing_new"
    # One sentence and no list, as the author writes: without the style the form is left to chance.
    sandra = manner_of(StyleProfile("sandra_writes", tuple(SANDRA.read_text(encoding="utf-8").splitlines())))
    assert sandra is not None
    for name, text in zip(("status", "languages"), posted, strict=True):
        url = f"https://blog.example/{name}"  # the site's own port would decide which form chance takes
        material = Material("m0", MaterialKind.PAGE, "\n".join(ARTICLES[name][2:]), ARTICLES[name][1], url)
        plain = [distance(compose((material,), Brief(seed=str(seed)))[0].text, sandra) for seed in range(40)]
        assert distance(text.replace(f"{site}/{name}", url), sandra) < 0.7 * fmean(plain)


def test_the_days_until_a_launch_are_counted_and_the_template_ends(here: ExampleStage) -> None:
    here.add("2030-03-01T20:00:00Z", "countdown.toml")

    (early,) = here.live("2030-03-02T09:00:00Z")  # 10:00 in Berlin, in winter
    posted = [text for day in (3, 4) for event in here.live(f"2030-03-{day:02}T09:00:00Z") for text in texts(event)]
    for moment in ("2030-03-31T08:00:00Z", "2030-04-01T08:00:00Z", "2030-04-02T08:00:00Z"):  # the clocks change on 31
        posted += texts(here.live(moment)[-1])

    assert reason(early) == ("nothing_new", "countdown: it begins 30 days before 2030-04-02, and there are 31")
    assert posted == [
        "30 days until Lantern 3 is out. The new editor opens a notebook of 10,000 pages in under a second.",
        "In 29 days: Lantern 3. Everything you have written comes along, nothing has to be exported.",
        "In 2 days: Lantern 3. Everything you have written comes along, nothing has to be exported.",
        "Tomorrow is the day: Lantern 3 is out at 10:00 Berlin time.",
        "Lantern 3 is out today. Thank you for waiting with us.",
    ]
    assert documented(here, (posted[0], *posted[2:]))
    assert here.run("2030-04-02T15:00:00Z", "template", "show", "countdown")["next_slot_at"] is None
    newest = here.run("2030-04-02T15:00:00Z", "run", "list")["runs"][2]
    why = here.run("2030-04-02T15:00:00Z", "run", "why", newest["id"])
    (two,) = why["material"][0]["figures"]
    assert two == {"text": "2", "source": "the days from 2030-03-31 to 2030-04-02 in Europe/Berlin"}


def test_the_newest_figures_are_told_once_each_traced_to_its_cells(here: ExampleStage) -> None:
    here.add("2026-02-22T20:00:00Z", "metrics.toml", table=here.web.serve("/metrics.csv", TABLE, "text/csv"))

    (first,) = here.live("2026-02-23T09:30:00Z")
    (silent,) = here.live("2026-03-02T09:30:00Z")
    here.web.serve("/metrics.csv", TABLE + "2026-03-01,1240,53100,99.95%\n", "text/csv")
    (second,) = here.live("2026-03-09T09:30:00Z")

    assert texts(first) == [
        "Our week to 2026-02-22 in numbers:\n\n1108 signups, up 12% from 990\n54310 notes written, up 6.1% from 51200\n"
        "99.95% uptime (99.91% the week before)"
    ]
    assert documented(here, texts(first))
    told = f"{here.web.url}/metrics.csv: the newest row, 2026-02-22, was told already"
    assert reason(silent) == ("nothing_new", told)
    assert texts(second) == [
        "Our week to 2026-03-01 in numbers:\n\n1240 signups, up 12% from 1108\n"
        "53100 notes written, down 2.2% from 54310\n99.95% uptime (99.95% the week before)"
    ]
    why = here.run("2026-03-09T10:00:00Z", "run", "why", second["data"]["run"]["id"])
    figures = {each["text"]: each["source"] for each in why["material"][0]["figures"]}
    assert figures["1240"] == "column 'signups' of the newest row, 2026-03-01"
    assert figures["up 12% from 1108"] == "column 'signups' of the newest row, 1240, against 1108 in the row before"
