from __future__ import annotations

from dataclasses import replace

from domain.draft import Draft, Measure, Part, Repeats
from domain.material import Material, MaterialKind
from generators.another_angle import posted, untold, with_another_angle, write_anew
from generators.brief import Brief
from generators.embedded.writer import compose
from generators.repetition import Earlier, mark, shingles
from generators.verify import problems
from scheduler.editor import set_aside, try_another_angle, write

TEXT = (
    "The city council approved the new tram line to the harbour on Tuesday evening after a debate of five hours.\n"
    "The line will cost 48 million euros and is expected to open in 2029, Mayor Ada Stone said.\n"
    "Residents of the old fishing quarter protested against the noise that they expect from the depot.\n"
    "The rose garden beside the station will be moved to the museum, which has offered 2,000 square metres.\n"
    "Engineers found an old city wall under the route, and archaeologists were given six months to document it.\n"
    "Shopkeepers along the route were promised compensation for the two years of construction.\n"
    "The first vehicles were ordered from a factory in Poland and will arrive in the spring of 2028."
)
PAGE = Material(
    "m0", MaterialKind.PAGE, TEXT, title="Council approves tram line", url="https://example.org/a", language="en"
)
BRIEF = Brief(seed="r1")
REPEATS = Repeats("p1", Measure.NEAR, 0.9)


def told(text: str) -> frozenset[tuple[str, ...]]:
    return shingles(text)


def test_a_sentence_that_was_told_is_blank_and_the_others_keep_their_places() -> None:
    left = untold(PAGE, told("The line will cost 48 million euros and is expected to open in 2029! https://t.co/x"))
    assert len(left.text) == len(TEXT)
    assert "48 million" not in left.text
    assert left.text.index("Residents") == TEXT.index("Residents")
    assert untold(PAGE, frozenset()) == PAGE


def test_what_is_written_anew_tells_something_else_and_holds_against_the_whole_page() -> None:
    first = compose((PAGE,), BRIEF)
    anew = write_anew((PAGE,), BRIEF, [draft.text for draft in first])
    earlier = [Earlier(draft.id, (draft.text,)) for draft in first]
    fresh = [each for each in mark(anew, earlier, standing_links=(PAGE.url or "",)) if each.repeats is None]
    assert fresh
    assert all(problems(draft, (PAGE,)) == () for draft in fresh)


def test_words_that_stay_as_they_are_are_not_written_anew() -> None:
    own = Material("m0", MaterialKind.TEXT, "Open on Sundays from nine to five, as ever.")
    assert write_anew((own,), BRIEF, ["something"]) == ()


def test_further_drafts_are_numbered_and_no_more_than_are_asked_for() -> None:
    repeated = tuple(Draft(f"d{at}", (Part("a"),), repeats=REPEATS) for at in range(3))
    other = [Draft("d0", (Part("b"),), repeats=REPEATS), *(Draft(f"d{at}", (Part(f"c{at}"),)) for at in (1, 2, 3))]
    assert [draft.id for draft in with_another_angle(repeated, other, count=1, most=6)] == ["d0", "d1", "d2", "d3"]
    assert len(with_another_angle(repeated, other, count=3, most=5)) == 5
    assert len(with_another_angle(repeated, other, count=3, most=3)) == 4
    assert with_another_angle(repeated, [], count=1, most=6) == repeated


def test_a_page_is_told_to_its_end_before_a_daily_template_repeats_it() -> None:
    said: list[str] = []
    for day in range(20):
        brief = replace(BRIEF, seed=f"r{day}", avoid=frozenset(said))
        earlier = tuple(Earlier(f"p{at}", (text,)) for at, text in enumerate(said))
        drafts = set_aside(write((PAGE,), brief), earlier, (PAGE,))
        if all(draft.repeats for draft in drafts):
            drafts = try_another_angle(drafts, earlier, (PAGE,), brief)
        best = next((draft.text for draft in drafts if draft.repeats is None), None)
        if best is None:
            break
        said.append(best)
    told_of = [
        word for word in ("48 million", "Residents", "rose garden", "Shopkeepers", "Poland") if word in " ".join(said)
    ]
    assert len(told_of) >= 4, said
    assert posted([Earlier("p1", ("a", "b")), Earlier("p2", ("c",))]) == ("a", "b", "c")
