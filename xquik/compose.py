"""`POST /compose`: advice before writing, advice for refining, and the editorial checks. Free and pure."""

from __future__ import annotations

from domain.draft import Check, Guidance, Score
from domain.errors import ApiUnavailable
from xquik.fields import Body, flag, objects, strings, text
from xquik.transport import Transport

PATH = "/compose"


async def score(transport: Transport, draft: str, *, has_link: bool, has_media: bool) -> Score:
    """Have one text checked. Raises ApiUnavailable when the answer holds no checks; else as `Transport.read`."""
    asked = {"step": "score", "draft": draft, "hasLink": has_link, "hasMedia": has_media}
    return read_score(await transport.pure(PATH, asked))


async def compose(transport: Transport, topic: str, goal: str, style_username: str | None = None) -> Guidance:
    """Ask for the rules that apply to a topic. Raises as `Transport.read`."""
    asked = {"step": "compose", "topic": topic, "goal": goal}
    if style_username:
        asked["styleUsername"] = style_username
    return read_guidance(await transport.pure(PATH, asked))


async def refine(
    transport: Transport,
    topic: str,
    goal: str,
    tone: str,
    *,
    context: str | None = None,
    call_to_action: str | None = None,
    media_type: str | None = None,
) -> Guidance:
    """Ask for advice on one topic, goal and tone. Raises as `Transport.read`."""
    given = {"additionalContext": context, "callToAction": call_to_action, "mediaType": media_type}
    asked = {"step": "refine", "topic": topic, "goal": goal, "tone": tone}
    return read_guidance(await transport.pure(PATH, asked | {name: value for name, value in given.items() if value}))


def read_score(body: Body) -> Score:
    """Read a checklist of any length; an item is keyed `factor` or `check`, and one without `passed` did not pass."""
    checks = tuple(
        Check(name, flag(item, "passed") is True, text(item, "suggestion"))
        for item in objects(body, "checklist")
        if (name := text(item, "factor", "check"))
    )
    if not checks:
        raise ApiUnavailable("POST /compose step=score: the answer holds no checks")
    passed = sum(check.passed for check in checks)
    return Score(100 * passed // len(checks), checks, "xquik", top_suggestion=text(body, "topSuggestion"))


def read_guidance(body: Body) -> Guidance:
    """Read either step. Unknown fields and missing lists are passed over."""
    return Guidance(
        rules=tuple(_rule(item) for item in objects(body, "contentRules") if text(item, "rule")),
        advice=strings(body, "compositionGuidance", "guidance"),
    )


def _rule(item: Body) -> str:
    rule, described = text(item, "rule") or "", text(item, "description")
    return f"{rule}: {described}" if described else rule
