from __future__ import annotations

import pytest

from domain.errors import WriterError
from domain.material import Material, MaterialKind
from domain.template import TweetStyle
from generators.brief import Brief
from generators.embedded.writer import compose
from generators.instructions import quotable

FACT = "The tram line 7 opens on Tuesday with twelve stops."


def query(text: str, kind: MaterialKind = MaterialKind.TEXT) -> Material:
    return Material("m0", kind, text)


@pytest.mark.parametrize(
    "text",
    [
        "Write a tweet about the new tram line 7",
        "Write a tweet about the new tram line 7.",
        "Create a thread on AI safety. Use three examples and end with a question.",
        "Please write a funny post about remote work. Keep it short. No hashtags.",
        "Could you summarize the latest news on climate change?",
        "What are the benefits of meditation? Answer in one line.",
        "I want you to write something about tea. With emojis.",
        "Hey, tell people about our new shop in Berlin.",
        "Explain to my followers what a monad is. Don't be too long.",
        "Schreibe einen Tweet über die neue Straßenbahn. Ohne Hashtags.",
        "Bitte erstelle einen Beitrag über Tee. Verwende drei Emojis.",
        "Escribe un hilo sobre el clima. Termina con una pregunta.",
        "Écris un post sur le thé.",
    ],
)
@pytest.mark.parametrize("kind", [MaterialKind.TEXT, MaterialKind.AUDIO])
def test_an_instruction_is_nothing_to_write_from(text: str, kind: MaterialKind) -> None:
    with pytest.raises(WriterError, match="put what is to be said into the query"):
        quotable([query(text, kind)])


@pytest.mark.parametrize(
    "text",
    [
        FACT,
        "Use sunscreen every day. It protects the skin in winter too.",
        "Write tests first. They save hours of work later.",
        "My thoughts on remote work: it saves commuting and gives families two hours a day back.",
        "List prices rose by 4 percent in March.",
        "Share prices fell about 3 percent on Monday.",
        "Post offices close on Monday, says a spokesman.",
        "Draft law on migration passes its first reading.",
        "Machine learning is about data. In March it got cheaper.",
        "Give blood on Friday: the hospital needs 300 donors.",
        "No tram runs on Sunday. The line opens on Monday.",
    ],
)
def test_what_tells_something_stays_as_it_is(text: str) -> None:
    assert quotable([query(text)]) == (query(text),)


def test_what_an_instruction_tells_beside_is_written_from() -> None:
    asked = query(f"Write a tweet about this: use emojis. {FACT} End with a question. In March it was tried out.")

    (left,) = quotable([asked])

    assert left.text.split() == f"{FACT} In March it was tried out.".split()
    assert asked.text[left.text.index(FACT) :].startswith(FACT)
    drafts = compose((left,), Brief(tweet_style=TweetStyle.ONE_LINER))
    assert FACT in {part.text for draft in drafts for part in draft.parts}
    assert not any("emojis" in part.text or "question" in part.text for draft in drafts for part in draft.parts)


def test_other_material_is_what_is_written_from() -> None:
    page = Material("m1", MaterialKind.PAGE, "Write a tweet about it.")

    assert quotable([query("Write a tweet about the tram."), page]) == (page,)
    assert quotable([]) == ()
