from __future__ import annotations

import re
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from domain.draft import Check, Draft, Score, Segment, SegmentKind
from domain.material import Material, MaterialKind
from generators.brief import Brief
from generators.claims import unsupported
from generators.model.checks import planted
from generators.pieces import fixed, link, part
from generators.refine import refine
from generators.verify import problems

SAID = (
    "The council approved 48,000 seats for € 3.5 million in March, said Ada Brandt of the Harbour Office. "
    "Twelve voted no."
)


@pytest.mark.parametrize(
    "text",
    [
        "There will be 48,000 seats.",
        "There will be 48.000 seats for 3,5 million euros.",
        "Brandt said so in March.",
        "The Harbour Office's seats cost millions.",
        "12 voted no.",
        "“48,000 seats for € 3.5 million”, it says.",
        "Seats for everyone. Who voted no?",
        "#HarbourOffice has seats",
        "It's the council that says so.",
        "The council's and the office's seats: ‘48,000 seats for € 3.5 million’.",
        "The council’s seats and the offices’ money. A. B. Brandt of the U. S. said so.",
        "Jahrhundert",
        "Police seize the seats, and the tiers are many.",  # words that are numbers in French
    ],
)
def test_what_the_evidence_gives_may_be_said(text: str) -> None:
    assert unsupported(text, SAID) == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("There will be 480,000 seats.", "480,000"),
        ("It costs 35 million euros.", "35"),
        ("It costs 3.5 billion.", "billion"),
        ("It costs 3.5 million dollars.", "dollars"),
        ("Thirteen voted, two of them no.", "two"),
        ("It grew by 48 %", "48"),
        ("The council, says Olsen, agrees.", "Olsen"),
        ("Olsen said so.", "Olsen"),
        ("Olsen's seats are many.", "Olsen"),
        ("Donald Olsen is against it.", "Donald"),
        ("In May there will be seats.", "May"),
        ("A seat for NATO", "NATO"),
        ("The new iPhone has seats", "iPhone"),
        ("says seat_bot", "seat_bot"),
        ("#Olsen has seats", "#Olsen"),
        ("Ask @brandt", "@brandt"),
        ("More at seats.com", "seats.com"),
        ("More at seats[.]com", "disguise"),
        ("More at seats dot com", "disguise"),
        ("“49,000 seats for everyone”, it says.", "quotation"),
        ("Seats\u202e for all", "hidden"),
        ("It took thirty years", "thirty"),
        ("A third of the seats", "third"),
        ("It tripled", "tripled"),
        ("Dozens of seats", "dozens"),
        ("Fünfundzwanzig Jahre", "fünfundzwanzig"),
        ("dreitausend Plätze", "dreitausend"),
        ("½ of the seats", "½"),
        ("It has ⑨ seats", "⑨"),
        ("Council Ⅷ", "Ⅷ"),
        ("It is ‘a disgrace’, she said", "quotation"),
        ("It is ‘it’s a disgrace’, she said", "quotation"),
        ("It is 'a disgrace', she said", "quotation"),
        ("It is ‹a disgrace›, she said", "quotation"),
        ("More at seats․com", "disguise"),
        ("More at seats。com", "disguise"),
        ("More at s e a t s . c o m", "disguise"),
    ],
)
def test_what_the_evidence_does_not_give_is_named(text: str, problem: str) -> None:
    assert any(problem in found for found in unsupported(text, SAID)), unsupported(text, SAID)


def test_what_the_owner_says_counts_as_evidence() -> None:
    assert unsupported("Olsen gives 20 % off at seats.com", SAID, owner="Olsen gives 20 % off at seats.com") == ()


def test_a_text_of_many_marks_is_checked_in_a_moment() -> None:
    began = time.perf_counter()
    for mark in ("'a ", "‘a ", "‚a", "“", "a ", "@a ", "1 "):
        unsupported(mark * 1000, SAID)
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(("sign", "evidence"), [("⑨", "9 seats"), ("m²", "m²"), ("m²", "2 metres"), ("½", "½ a seat")])
def test_a_sign_for_a_number_may_be_said_where_the_number_is_given(sign: str, evidence: str) -> None:
    assert unsupported(f"It has {sign}", evidence) == ()


def test_german_nouns_are_no_names_and_german_names_are() -> None:
    assert unsupported("Die Stadt baut eine neue Brücke für alle Menschen.", SAID, language="de") == ()
    assert unsupported("Die Stadt baut mit Geld von Scholz.", SAID, language="de") != ()


PAGE = Material("m0", MaterialKind.PAGE, SAID, title="Seats", url="https://example.org/s")
SPAN = (0, SAID.index(", said"))


def draft(*segments: Segment) -> Draft:
    return Draft("d0", (part(segments),), language="en", material_ids=("m0",))


def claim(text: str, *spans: tuple[int, int], **fields: str) -> Segment:
    known = {"material_id": "m0", "field": "text"} | fields if spans else fields
    return Segment(SegmentKind.CLAIM, text, spans=spans, **known)


def test_the_gate_lets_a_sentence_through_whose_spans_give_what_it_claims() -> None:
    honest = draft(claim("The council wants 48,000 seats.", SPAN), claim(" Enough?"), link(PAGE))
    assert problems(honest, (PAGE,)) == ()


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        (claim("Brandt wants 48,000 seats and Ada too.", SPAN), "the name Ada"),
        (claim("The council wants 49,000 seats.", SPAN), "the number 49,000"),
        (claim("The council wants 48,000 seats."), "the number 48,000"),
        (claim("Seats", (0, 9000)), "names no span of its source"),
        (claim("Seats", (9, 3)), "names no span of its source"),
        (claim("Seats", SPAN, field="site"), "names no span of its source"),
        (claim("Seats", SPAN, material_id="m7"), "names no material"),
        (claim("Seats at evil.com", SPAN), "it links to evil.com"),
        (claim("Seats for @evil", SPAN), "it mentions somebody"),
    ],
)
def test_the_gate_names_what_a_sentence_adds(segment: Segment, reason: str) -> None:
    assert any(reason in problem for problem in problems(draft(segment), (PAGE,)))


def test_the_owners_prompt_opens_the_gate_for_what_it_names_and_for_nothing_else() -> None:
    named = draft(claim("Seats by @olsen at seats.com, 7 of them", SPAN))
    assert problems(named, (PAGE,), prompt="thank @olsen at seats.com for 7 seats") == ()
    assert problems(named, (PAGE,), prompt="thank @olsen at not-seats.com for 7 seats") != ()


def test_a_text_of_the_owners_does_not_open_the_gate_for_other_links() -> None:
    own = replace(PAGE, kind=MaterialKind.TEXT)
    assert any("evil.com" in problem for problem in problems(draft(claim("See evil.com", SPAN)), (own,)))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("The news comes from evilbot", ("evilbot",)),
        ("The news comes from nasa", ()),
        ("The news comes from evil.org", ("evil.org",)),
        ("The news comes from example.org", ()),
        ("The news comes from owner", ()),
    ],
)
def test_accounts_and_hosts_of_a_page_are_known_without_their_signs(text: str, named: tuple[str, ...]) -> None:
    page = replace(
        PAGE, text="Follow @evilbot and @nasa, and @owner at https://evil.org/x or example.org. NASA is big."
    )
    assert planted(text, (page,), Brief(prompt="thank owner")) == named


def test_leaving_out_a_quotation_leaves_out_the_sentence_around_it() -> None:
    page = replace(PAGE, text="Sold out!!! The council approved 48,000 seats.")
    loud = Segment(SegmentKind.EXTRACT, "Sold out!!!", "m0", "text", ((0, 11),))
    sentence = (claim("It says “", (0, 11)), loud, claim("”", (0, 11)))
    rest = claim("The council wants 48,000 seats for all who want to come.", (12, 46))
    failed = Score(80, (Check("No excessive punctuation", passed=False),), "xquik")
    scored = replace(draft(*sentence, fixed(" "), rest), score=failed)
    refined = refine(scored, (page,), Brief(), new_id="d1")
    assert refined is not None
    assert refined.text == rest.text


def test_the_gate_stops_an_empty_quotation() -> None:
    assert "part 0: it quotes nothing" in problems(draft(claim("It says “", SPAN), claim("”", SPAN)), (PAGE,))


ARTICLES = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "generators" / "articles.toml").read_text(encoding="utf-8")
)


def test_every_sentence_of_the_articles_supports_itself() -> None:
    found = [
        (said, problems_)
        for article in ARTICLES["article"]
        for said in re.split(r"(?<=[.!?。])\s+", article["text"].strip())
        if (problems_ := unsupported(said, said, language=article["language"]))
    ]
    assert found == []
