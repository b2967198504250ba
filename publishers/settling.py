"""From what the API said to what became of a publication. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.errors import ApiBlocked, ApiError, ApiLimited, ApiRefused, ApiUnavailable, ApiUnclear
from domain.publication import Outcome, Publication, Settlement
from domain.reasons import Reason
from xquik.answers import ACCOUNT_CODES, DAILY_LIMIT_CODE
from xquik.write_record import State, WriteRecord

DUPLICATE_CODE = "x_duplicate_action"
UNSUPPORTED_CODE = "unsupported_field"  # of a server that wants a picture named by its URL, and not by its id
# X's own verdicts on a text or its target: certainly not posted, and never as it is (Xquik REST API, error codes).
VERDICTS = frozenset(
    {
        DUPLICATE_CODE,
        "invalid_input",
        "media_download_failed",
        "x_account_feature_required",
        "x_account_protected",
        "x_content_too_long",
        "x_rejected",
        "x_target_not_found",
    }
)
# Of those, what proves in answer to a repeated key that nothing is out: the server looks the key up first, so the
# verdict is the first request's own. A duplicate speaks for a first write that arrived; and the form of a request is
# looked at before its key, by rules that a new release may change.
PROVEN_BY_REPLAY = VERDICTS - {DUPLICATE_CODE, "invalid_input"}
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
# A post that waits out a day's limit is given up before it can go out, and keeps its template waiting until then.
LONGEST_DAILY_WAIT = timedelta(hours=6)


def backoff(attempt: int) -> timedelta:
    """How long to wait after *attempt* (0 or 1 is the first) was certainly not sent: 15 s, doubling, up to 15 min."""
    doublings = min(max(attempt - 1, 0), 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def from_error(error: ApiError, publication: Publication, *, found_by: str, now: datetime) -> Settlement:
    """Settle by the class of the error; the class already tells whether anything can have been posted."""
    reason = error.code or (str(error.status) if error.status else None)
    match error:
        case ApiLimited() if error.code == DAILY_LIMIT_CODE and error.retry_at - now > LONGEST_DAILY_WAIT:
            return Settlement(Outcome.REFUSED, found_by, reason=reason, detail=str(error))
        case ApiLimited():
            retry_at = max(error.retry_at, now)
            return Settlement(
                Outcome.DEFERRED, found_by, reason=reason, detail=str(error), retry_at=retry_at, limited=True
            )
        case ApiBlocked():
            pause = Reason.ACCOUNT_BLOCKED if error.code in ACCOUNT_CODES else Reason.API_BLOCKED
            return Settlement(
                Outcome.DEFERRED,
                found_by,
                reason=reason,
                detail=str(error),
                retry_at=now + LONGEST_PAUSE,
                pause=pause.value,
            )
        case ApiUnavailable():
            retry_at = now + backoff(publication.attempt)
            reason = reason or "unreachable"
            return Settlement(Outcome.DEFERRED, found_by, reason=reason, detail=str(error), retry_at=retry_at)
        case ApiRefused() if error.code == UNSUPPORTED_CODE and _names_otherwise(publication):
            return Settlement(Outcome.DEFERRED, found_by, reason=error.code, detail=str(error), retry_at=now)
        case ApiRefused():
            return Settlement(Outcome.REFUSED, found_by, reason=refusal_reason(error.code, reason), detail=str(error))
        case ApiUnclear():
            return unknown(found_by, reason=reason or "no_answer", detail=str(error), status_url=error.status_url)
    raise error


def from_record(record: WriteRecord, publication: Publication, *, found_by: str, now: datetime) -> Settlement:
    """Settle by a write record. What is pending, or asks to be verified, is UNKNOWN."""
    detail = record.message or record.code
    if record.state is State.DONE and record.tweet_id is not None:
        return Settlement(Outcome.CONFIRMED, found_by, tweet_id=record.tweet_id, charged=record.charged)
    if record.state is State.FAILED and not record.verify:
        if record.safe_to_retry is True:
            retry_at = now + backoff(publication.attempt)
            return Settlement(
                Outcome.DEFERRED,
                found_by,
                reason=record.code,
                detail=detail,
                retry_at=retry_at,
                charged=record.charged,
            )
        if record.safe_to_retry is False or record.code in VERDICTS:
            reason = refusal_reason(record.code, None)
            return Settlement(Outcome.REFUSED, found_by, reason=reason, detail=detail, charged=record.charged)
    return unknown(found_by, reason=record.code, detail=detail, status_url=record.status_url)


def _names_otherwise(publication: Publication) -> bool:
    """Tell whether the next attempt can name the picture in another way."""
    picture = publication.picture
    return picture is not None and not picture.by_url and picture.media_url is not None


def refusal_reason(code: str | None, otherwise: str | None) -> str:
    """Give our own reason for a repeated text, else the API's code."""
    return Reason.DUPLICATE.value if code == DUPLICATE_CODE else code or otherwise or Reason.REFUSED.value


def unknown(
    found_by: str, *, reason: str | None = None, detail: str | None = None, status_url: str | None = None
) -> Settlement:
    """It may be out."""
    return Settlement(Outcome.UNKNOWN, found_by, reason=reason, detail=detail, status_url=status_url)
