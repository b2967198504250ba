"""The questions that a model is asked: a prompt, and everything that others wrote as JSON between random lines."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import blake2b

from domain.material import Material
from domain.template import Goal, PostType, TweetStyle
from domain.weighted_length import LIMIT, weighted_length
from generators.brief import Brief
from generators.model.answers import Digest, Idea, Writing, as_data, schema
from generators.model.building import Desk, source
from generators.model.checks import FEWEST_PARTS, MOST_PARTS
from generators.model.facts import LONGEST_DOCUMENT, MOST, Fact
from generators.model.prompts import DIGEST, REFINE, WRITE, filled
from generators.model.server import Question
from generators.model.style_card import style_card

DIGEST_TOKENS, DRAFT_TOKENS, THREAD_TOKENS, OTHER_TOKENS = 2_500, 500, 1_500, 300
PRECISE, FREE = 0.0, 0.8  # temperatures

ANGLES = (
    "number: the figure that says most",
    "contrast: what was before, or elsewhere, and what is",
    "consequence: what it means, and for whom",
    "how-to: what a reader can do with it",
    "quote: what somebody says, in their words, with their name",
    "question: the question that it leaves open",
)
_FORMS = {
    TweetStyle.ONE_LINER: "Each draft is exactly one post of one or two sentences without line breaks.",
    TweetStyle.PARAGRAPHS: "Each draft is exactly one post of two or three short paragraphs.",
    TweetStyle.EXPLAINER: "Each draft is exactly one post: a first sentence, then one line for each point.",
    None: "Each draft is exactly one post.",
}
_GOALS = {
    Goal.ENGAGEMENT: "The post should stand alone and be worth passing on.",
    Goal.FOLLOWERS: "The post should show what the account is about.",
    Goal.AUTHORITY: "The post should name its source or its figure.",
    Goal.CONVERSATION: "The post should end with one honest question.",
}


def seed_of(brief: Brief) -> int:
    """The seed of a run's calls: the same for the same run."""
    return int.from_bytes(blake2b(brief.seed.encode(), digest_size=4).digest(), "big") >> 1


def room(desk: Desk) -> int:
    """How many weighted characters the sentences of a post may have beside its source."""
    tails = ("".join(each.text for each in source(one, linked=desk.linked)) for one in desk.materials.values())
    return LIMIT - max(map(weighted_length, tails), default=0)


def digest_question(material: Material) -> Question:
    """Ask for the facts of one document: nothing of the owner's wishes is in sight."""
    delimiter = _delimiter()
    document = {"title": material.title, "text": material.text[:LONGEST_DOCUMENT]}
    return Question(
        system=filled(DIGEST, delimiter=delimiter, most=MOST),
        user=as_data(document, delimiter),
        schema=schema(Digest),
        temperature=PRECISE,
        most_tokens=DIGEST_TOKENS,
    )


def write_question(desk: Desk, brief: Brief, count: int) -> Question:
    """Ask for *count* drafts, each from its own angle."""
    delimiter = _delimiter()
    angles = "\n".join(f"{at + 1}. {ANGLES[at % len(ANGLES)]}" for at in range(count))
    data = {
        "facts": [_fact(fact) for fact in desk.facts.values()],
        "voice": style_card(brief.style, " ".join(fact.quote for fact in desk.facts.values())),
        "advice": _short(brief.guidance.rules) if brief.guidance else [],
        **({"background": brief.background} if brief.background else {}),
    }
    return Question(
        system=filled(
            WRITE,
            language=desk.language or "the language of the facts",
            delimiter=delimiter,
            count=count,
            angles=angles,
            form=f"{_form(brief)} {_GOALS[brief.goal]}",
            room=room(desk),
        ),
        user=_wishes(brief) + as_data(data, delimiter),
        schema=schema(Writing),
        temperature=FREE,
        most_tokens=_tokens(brief, count),
        seed=seed_of(brief),
    )


def refine_question(
    desk: Desk, brief: Brief, failing: Sequence[tuple[Idea, Sequence[str]]], *, round_: int = 0
) -> Question:
    """Ask for the drafts again with only what failed, as a numbered list, and the API's advice where there is some."""
    delimiter = _delimiter()
    wrong = [(idea.number, what) for idea, found in failing for what in found]
    data = {
        "facts": [_fact(fact) for fact in desk.facts.values()],
        "drafts": [idea.model_dump() for idea, _ in failing],
        "wrong": [{"item": at, "draft": number, "what": what} for at, (number, what) in enumerate(wrong, 1)],
        "advice": _short(brief.guidance.advice) if brief.guidance else [],
    }
    return Question(
        system=filled(REFINE, language=desk.language or "of the drafts", delimiter=delimiter, room=room(desk)),
        user=_wishes(brief) + as_data(data, delimiter),
        schema=schema(Writing),
        temperature=PRECISE,
        most_tokens=_tokens(brief, len(failing)),
        seed=seed_of(brief) + round_,
    )


def _wishes(brief: Brief) -> str:
    """What the owner says beside the data: of the projects it is written for, and what is asked."""
    told = []
    if brief.context and brief.context.strip():
        told.append(f"The owner writes for this, which says for whom and how, and is no fact: {brief.context.strip()}")
    if brief.prompt and brief.prompt.strip():
        told.append(f"The owner asks: {brief.prompt.strip()}")
    return "".join(f"{each}\n\n" for each in told)


def _delimiter() -> str:
    """A line that no document can hold, since it is made after the document was read."""
    return f"data-{secrets.token_hex(8)}"


def _fact(fact: Fact) -> dict[str, object]:
    where = f"{fact.material_id}.{fact.field}"
    return {"id": fact.id, "quote": fact.quote, "kind": fact.kind, "speaker": fact.speaker_name, "source": where}


def _short(advice: Sequence[str]) -> list[str]:
    return [each[:200] for each in advice[:8]]


def _form(brief: Brief) -> str:
    if brief.type is PostType.THREAD:
        return (
            f"Each draft is a thread of {FEWEST_PARTS} to {MOST_PARTS} posts: the first can stand alone,"
            " each further one adds something."
        )
    return _FORMS[brief.tweet_style]


def _tokens(brief: Brief, count: int) -> int:
    return OTHER_TOKENS + count * (THREAD_TOKENS if brief.type is PostType.THREAD else DRAFT_TOKENS)
