"""`POST /compose`: compose, refine, score. Free, and without any state of its own."""

from urllib.parse import quote

from sandbox.answers import Answer, Json, invalid
from sandbox.call import Call
from sandbox.editorial.checks import Draft, judge

GOALS = ("engagement", "followers", "authority", "conversation")


def compose(call: Call) -> Answer:
    """`POST /compose`. The step decides what is asked and answered."""
    body = call.json()
    step = body.get("step")
    if step == "score":
        return Answer(_score(body))
    raise invalid('step is required. Must be "compose", "refine", or "score".')


def _score(body: Json) -> Json:
    draft = _text(body, "draft")
    verdict = judge(Draft(draft, has_link=body.get("hasLink") is True, has_media=body.get("hasMedia") is True))
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
    return value


def _intent(text: str) -> str:
    return f"https://x.com/intent/tweet?text={quote(text, safe='')}"
