from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.cleaning import clean
from sources.parsing.markup import plain_text, text_of_tree
from sources.parsing.simple_markup import simple_text

WORDS = st.sampled_from(
    (
        "boats",
        " at dawn",
        "\n",
        "  ",
        "R&amp;D",
        "&ldquo;so&rdquo;",
        "a & b",
        "&nbsp;",
        "Grüße",
        "\u200b",
        "\r\n",
        "1 > 0",
        ".",
    )
)
BLOCKS = st.sampled_from(("p", "div", "ul", "li", "h2", "blockquote", "section", "P"))
INLINE = st.sampled_from(("b", "em", "a", "span", "code", "I"))
ATTRIBUTES = st.sampled_from(("", ' href="/boats?a=1&b=2"', " class='x'", " download", ' title="x = y" data-id=7'))
EMPTY = st.sampled_from(("<br>", "<br/>", "<hr />", '<img src="/a.png" alt="boats">'))


def element(tag: str, attributes: str, inside: list[str]) -> str:
    return f"<{tag}{attributes}>{''.join(inside)}</{tag}>"


LINES = st.lists(
    st.one_of(WORDS, EMPTY, st.builds(element, INLINE, ATTRIBUTES, st.lists(WORDS, max_size=3))), max_size=5
)
MARKUP = st.recursive(
    LINES.map("".join), lambda inner: st.builds(element, BLOCKS, ATTRIBUTES, st.lists(inner, max_size=3)), max_leaves=6
)


def lines(text: str) -> list[str]:
    """The lines of *text* as they are kept, without those that are empty, and with one bullet for several."""
    return [re.sub(r"^(?:• ?)+", "• ", line) for line in clean(text).split("\n") if line]


@given(MARKUP)
def test_the_text_is_that_of_the_tree(markup: str) -> None:
    text = simple_text(markup)
    assert text is not None
    if "<p" in markup.lower() or "<li" in markup.lower():  # which end where another block begins
        assert re.sub(r"[\s•]", "", text) == re.sub(r"[\s•]", "", text_of_tree(markup))
    elif markup:
        assert lines(text) == lines(text_of_tree(markup))


def test_everyday_markup_needs_no_tree() -> None:
    markup = (
        '<h2>Boats</h2><p>The <a href="https://example.org/?a=1&b=2">harbour</a>\nmaster &amp; crew:</p>'
        "<ul><li>dawn<li><p>dusk</p></li></ul><p>more<br/>to come"
    )
    assert simple_text(markup) is not None
    assert plain_text(markup, limit=500) == "Boats\nThe harbour master & crew:\n• dawn\n• dusk\nmore\nto come"


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="display:none">hidden</p>',
        "<p STYLE=display:none>hidden</p>",
        "<p\nstyle='display:none'>hidden</p>",
        '<p class="a" hidden>hidden</p>',
        '<span aria-hidden="true">hidden</span>',
        "<script>hidden</script>",
        "<style>.a{display:none}</style><p class=a>hidden</p>",
        "<template><p>hidden</p></template>",
        "<noscript>hidden</noscript>",
        "<dialog>hidden</dialog>",
        "<!-- hidden --><p>shown</p>",
        "<svg><text>hidden</text></svg>",
        '<p title="a>b" style="display:none">hidden</p>',
        "<p title='a>b' hidden>hidden</p>",
        "<p/style=display:none>hidden</p>",
        '<p title="a"style="display:none">hidden</p>',
        "<p title=a\x0cstyle=display:none>hidden</p>",
        "<pre>a\n  b</pre>",
        "a < b <p>c</p>",
        "5 > 3 <b>c</b> and 2 < 4",
        '<p title="a>b" id="c">d<e</p>',
        "<b><</b>c></p>",
        "<p>a</div>b</p>",
        "<table><tr><td>a</td></tr></table>",
        "<p>&lbrace;</p>",
        "<p>&#x200b;</p>",
        "<p>R&D</p>",
    ],
)
def test_what_may_hide_text_or_means_something_else_is_left_to_the_tree(markup: str) -> None:
    text = simple_text(markup)
    assert text is None or "hidden" not in text
    if "hidden" in markup:
        assert "hidden" not in plain_text(f"{markup}<p>{'shown ' * 20}</p>", limit=500)
    else:
        assert text is None
