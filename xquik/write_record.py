"""What became of a write, read from any generation's answer: `{tweetId, success}`, 202, or a full XWriteAction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from xquik.answers import Answer
from xquik.fields import Body, flag, inner, number, reference, text

NOT_TAKEN = frozenset({"not_charged", "charge_failed", "refunded"})
MOST_CREDITS = 1_000_000  # that one write can have cost; what claims more is not believed


class State(StrEnum):
    DONE = "done"
    PENDING = "pending"  # poll or verify, never send again
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """One write. *poll_after* is seconds; *keyed* tells that the server keeps records by idempotency key.

    *charged* is None where the answer does not say, or the server does not know yet, what was taken.

    Of a failed write: *safe_to_retry* is the server's own word, None when it gave none, and *verify* asks to look
    whether it happened all the same.
    """

    state: State
    tweet_id: str | None = None
    status_url: str | None = None
    poll_after: float | None = None
    code: str | None = None
    message: str | None = None
    safe_to_retry: bool | None = None
    verify: bool = False
    keyed: bool = False
    charged: int | None = None  # credits
    media_id: str | None = None  # of an upload
    media_url: str | None = None


def read_record(answer: Answer) -> WriteRecord:
    """Read a 2xx answer to a write, or to a question about one."""
    body = answer.body
    keyed = body.get("object") == "x_write_action" or "idempotent" in body
    state = _state(answer)
    return WriteRecord(
        state=state,
        tweet_id=_tweet_id(body),
        status_url=answer.status_url,
        poll_after=_poll_after(answer) if state is State.PENDING else None,
        code=answer.code,
        message=answer.message,
        safe_to_retry=flag(body, "safeToRetry"),
        verify=_verify(body),
        keyed=keyed,
        charged=_charged(body),
        media_id=reference(text(body, "mediaId", "media_id")),
        media_url=reference(text(body, "mediaUrl", "media_url")),
    )


def _state(answer: Answer) -> State:
    body, status = answer.body, text(answer.body, "status")
    if flag(body, "success") is True or status == "success":
        return State.DONE
    if status in ("failed", "expired"):
        return State.FAILED
    if answer.status == 202 or answer.code == "x_write_unconfirmed" or flag(body, "terminal") is False or status:
        return State.PENDING
    if flag(body, "success") is False or answer.code:
        return State.FAILED
    return State.DONE  # an empty 2xx, as DELETE may give; a create without a tweet id is not taken for done


def _tweet_id(body: Body) -> str | None:
    result = inner(body, "result")
    found = text(body, "tweetId") or (text(result, "id") if result.get("type") in (None, "tweet") else None)
    return reference(found)


def _poll_after(answer: Answer) -> float | None:
    milliseconds = number(answer.body, "pollAfterMs")
    if milliseconds is None:
        milliseconds = number(inner(answer.body, "nextAction"), "afterMs")
    return milliseconds / 1000 if milliseconds is not None else number(answer.headers, "retry-after")


def _charged(body: Body) -> int | None:
    billing = inner(body, "billing")
    if text(billing, "status") in NOT_TAKEN:
        return 0
    if not (flag(body, "charged") or flag(billing, "charged")):
        return None
    taken = number(body, "chargedCredits")
    taken = number(billing, "chargedCredits") if taken is None else taken
    return int(taken) if taken is not None and 0 <= taken <= MOST_CREDITS else None


def _verify(body: Body) -> bool:
    asked = text(inner(body, "nextAction"), "type")
    retryable_unsafely = flag(body, "retryable") is True and flag(body, "safeToRetry") is not True
    return asked == "verify_result" or text(body, "status") == "expired" or retryable_unsafely
