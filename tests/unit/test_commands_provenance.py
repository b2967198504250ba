from __future__ import annotations

from domain.draft import Part, Segment, SegmentKind
from domain.material import Material, MaterialKind
from scheduler.shown.provenance import excerpt, trace

TEXT = "The lamps stood dark for eleven years. Then the harbour paid for new ones, and the bats came back in May."


def test_an_excerpt_shows_whole_words_around_what_was_used() -> None:
    start = TEXT.index("Then")
    assert excerpt(TEXT, [(start, start + 34)]) == (
        "The lamps stood dark for eleven years. [Then the harbour paid for new ones], and the bats came back in May."
    )
    start = TEXT.index("paid")
    assert excerpt(TEXT, [(start, start + 4)]).startswith("…for eleven years. Then the harbour [paid] for new ones,")


def test_an_excerpt_leaves_out_what_lies_far_between_two_spans() -> None:
    text = "First. " + "Something else. " * 20 + "Last."
    assert excerpt(text, [(0, 6), (len(text) - 5, len(text))]) == "[First.] … [Last.]"


def test_an_excerpt_is_one_line() -> None:
    assert excerpt("One\ntwo\n\nthree", [(4, 7)]) == "One [two] three"


def test_segments_whose_material_is_gone_are_traced_to_nothing() -> None:
    part = Part("Hi", (Segment(SegmentKind.EXTRACT, "Hi", "m7", "text", ((0, 2),)),))
    (traced,) = trace(part, {"m0": Material("m0", MaterialKind.TEXT, "Hi")})
    assert (traced.material, traced.excerpt) == (None, None)


def test_an_excerpt_is_taken_from_the_field_that_the_segment_names() -> None:
    material = Material("m0", MaterialKind.PAGE, "text", title="A title", tags=("lamps", "bats"))
    part = Part(
        "",
        (
            Segment(SegmentKind.TITLE, "title", "m0", "title", ((2, 7),)),
            Segment(SegmentKind.HASHTAG, "#bats", "m0", "tags", ((6, 10),)),
        ),
    )
    assert [each.excerpt for each in trace(part, {"m0": material})] == ["A [title]", "lamps [bats]"]
