"""`POST /compose`: compose, refine, score. Free, and without any state of its own."""

from urllib.parse import quote

from sandbox.answers import Answer, Json, invalid
from sandbox.api import styles
from sandbox.call import Call
from sandbox.editorial import guidance
from sandbox.editorial.checks import judge

GOALS = ("engagement", "followers", "authority", "conversation")
MEDIA = ("photo", "video", "none")
LONGEST = 25_000  # characters of a note tweet


def compose(call: Call) -> Answer:
    """`POST /compose`. The step decides what is asked and answered."""
    body = call.json()
    step = body.get("step")
    if step == "score":
        return Answer(_score(body))
    if step == "compose":
        return Answer(_compose(call, body))
    if step == "refine":
        return Answer(_refine(body))
    raise invalid('step is required. Must be "compose", "refine", or "score".')


def _compose(call: Call, body: Json) -> Json:
    topic, goal = _text(body, "topic"), _choice(body, "goal", GOALS) or "engagement"
    answer: Json = {
        "contentRules": guidance.content_rules(goal),
        "scorerWeights": guidance.scorer_weights(goal),
        "followUpQuestions": guidance.QUESTIONS,
        "algorithmInsights": guidance.INSIGHTS,
        "engagementMultipliers": guidance.multipliers(goal),
        "topPenalties": guidance.top_penalties(),
        "engagementVelocity": guidance.VELOCITY,
        "source": guidance.SOURCE,
        "intentUrl": _intent(topic),
        "nextStep": "Call with step: refine, providing tone, goal, and topic",
    }
    return answer | _style(call, body.get("styleUsername"))


def _style(call: Call, named: object) -> Json:
    """Return the texts of the style that is named, or which styles there are."""
    if named is None or named == "":
        saved = [{"username": s["xUsername"], "tweetCount": s["tweetCount"]} for s in styles.summaries(call.world)]
        return {"savedStyles": saved} if saved else {}
    if not isinstance(named, str):
        raise invalid("styleUsername must be a string.")
    style = styles.find(call.world, named)
    if style is None:
        return {"styleNote": f"No cached style for {named}. Fetch it with POST /api/v1/styles first."}
    return {"styleTweets": [tweet["text"] for tweet in style["tweets"]]}


def _refine(body: Json) -> Json:
    topic, goal, tone = _text(body, "topic"), _text(body, "goal"), _text(body, "tone")
    if goal not in GOALS:
        raise invalid(f"goal must be one of {', '.join(GOALS)}.")
    return {
        "compositionGuidance": guidance.composition_guidance(
            goal=goal,
            tone=tone,
            context=_optional(body, "additionalContext"),
            cta=_optional(body, "callToAction"),
            media=_choice(body, "mediaType", MEDIA),
        ),
        "examplePatterns": guidance.PATTERNS,
        "intentUrl": _intent(topic),
        "nextStep": "Write your draft and call with step: score",
    }


def _score(body: Json) -> Json:
    draft = _text(body, "draft")
    verdict = judge(draft, has_link=_flag(body, "hasLink"), has_media=_flag(body, "hasMedia"))
    total = len(verdict.outcomes)
    passed = verdict.passed == total
    checklist = [
        {"factor": check.factor, "passed": ok} | ({} if ok else {"suggestion": check.suggestion})
        for check, ok in verdict.outcomes
    ]
    answer: Json = {
        "totalChecks": total,
        "passedCount": verdict.passed,
        "passed": passed,
        "topSuggestion": verdict.top_suggestion,
        "checklist": checklist,
        "nextStep": "Revise your draft and score again",
    }
    if passed:
        answer["nextStep"] = (
            f"All {total} checks passed. Get an account from GET /api/v1/x/accounts. Then send the draft to"
            " POST /api/v1/x/tweets. The intentUrl also supports one-click posting."
        )
        answer["intentUrl"] = _intent(draft)
    return answer


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{name} is required for step {body['step']}.")
    if len(value) > LONGEST:
        raise invalid(f"{name} has at most {LONGEST} characters.")
    return value


def _flag(body: Json, name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise invalid(f"{name} must be true or false.")
    return value


def _optional(body: Json, name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise invalid(f"{name} must be a string.")
    return value.strip()


def _choice(body: Json, name: str, allowed: tuple[str, ...]) -> str:
    value = _optional(body, name)
    if value and value not in allowed:
        raise invalid(f"{name} must be one of {', '.join(allowed)}.")
    return value


def _intent(text: str) -> str:
    return f"https://x.com/intent/tweet?text={quote(text, safe='')}"
