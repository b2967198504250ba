"""Reason codes: why a slot posted nothing, or a template stopped. One enum, documented in docs/reasons.md."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a slot posted nothing, or did not post all of it; or why a template is paused."""

    MISSED = "missed"
    SUPERSEDED = "superseded"
    TOO_LATE = "too_late"
    OVERLAP = "overlap"
    UNSETTLED = "unsettled"
    PAUSED = "paused"
    QUIET_HOURS = "quiet_hours"
    EXCLUDED = "excluded"
    OWNER_SKIPPED = "owner_skipped"
    MAX_RUNS = "max_runs"
    NOTHING_NEW = "nothing_new"
    EXPIRED = "expired"
    SOURCES_FAILED = "sources_failed"
    RESEARCH_UNFINISHED = "research_unfinished"
    NO_DRAFT = "no_draft"
    SCORE_TOO_LOW = "score_too_low"
    TOO_SIMILAR = "too_similar"
    REJECTED = "rejected"
    APPROVAL_EXPIRED = "approval_expired"
    VETOED = "vetoed"
    PRE_PUBLISH_EXPIRED = "pre_publish_expired"
    SHADOW = "shadow"
    OVER_BUDGET = "over_budget"
    NO_PICTURE = "no_picture"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    API_BLOCKED = "api_blocked"
    ACCOUNT_BLOCKED = "account_blocked"
    UNKNOWN_OUTCOME = "unknown_outcome"
    THREAD_PARTIAL = "thread_partial"
    NOT_POSTED = "not_posted"
    CANCELLED = "cancelled"
    INVALID_TEMPLATE = "invalid_template"
    INTERNAL_ERROR = "internal_error"
    RESTORED = "restored"
    BY_OWNER = "by_owner"


SENTENCES: dict[Reason, str] = {
    Reason.MISSED: (
        "the slot passed while nothing was running, and was older than the grace or the policy skips missed slots"
    ),
    Reason.SUPERSEDED: "several slots were missed; only the newest of them is run",
    Reason.TOO_LATE: "the run could not start within the template's grace, or its post could not go out in time",
    Reason.OVERLAP: "the template's previous run was still working",
    Reason.UNSETTLED: (
        "an earlier publication of the template has an unknown outcome; settle it with `ostinato post settle`"
    ),
    Reason.PAUSED: "the template was paused",
    Reason.QUIET_HOURS: "the slot lies in the template's quiet hours",
    Reason.EXCLUDED: "the slot lies on a date that the template excludes",
    Reason.OWNER_SKIPPED: "a person skipped the slot",
    Reason.MAX_RUNS: "the template's last run of `schedule.max_runs` is not done yet",
    Reason.NOTHING_NEW: "the sources hold nothing that this template has not used already",
    Reason.EXPIRED: "all that was new in the sources is older than the template's freshness",
    Reason.SOURCES_FAILED: "no source gave usable material",
    Reason.RESEARCH_UNFINISHED: "deep research that the template names was not finished within its grace",
    Reason.NO_DRAFT: "no draft could be written that its sources support",
    Reason.SCORE_TOO_LOW: "no draft reached the template's minimum score",
    Reason.TOO_SIMILAR: "every draft that is good enough repeats an earlier post of the account",
    Reason.REJECTED: "a person rejected the draft",
    Reason.APPROVAL_EXPIRED: "nobody decided about the draft within the template's `approve_within`",
    Reason.VETOED: "the template's `pre_publish` callback vetoed the post",
    Reason.PRE_PUBLISH_EXPIRED: "the template's `pre_publish` callback did not decide within its deadline",
    Reason.SHADOW: "the template posts nothing: it does everything else (`approval = shadow`)",
    Reason.OVER_BUDGET: "it would cost more than a budget of the template or its account allows",
    Reason.NO_PICTURE: "its picture is not to be had, or was refused, and the template posts nothing without it",
    Reason.REFUSED: "the API refused the post",
    Reason.DUPLICATE: "the account already has a post with this text",
    Reason.API_BLOCKED: "the API key was refused or the credits ran out",
    Reason.ACCOUNT_BLOCKED: (
        "the X account needs its owner: it is locked, restricted or signed out, "
        "or the key does not have it; see `ostinato account list`"
    ),
    Reason.UNKNOWN_OUTCOME: "it is not known whether the post went out; settle it with `ostinato post settle`",
    Reason.THREAD_PARTIAL: "the thread went out in part",
    Reason.NOT_POSTED: "a person settled the publication as not posted",
    Reason.CANCELLED: "a person cancelled the run",
    Reason.INVALID_TEMPLATE: "the template itself made the run fail; it is paused",
    Reason.INTERNAL_ERROR: "an error of the program itself; the log has its traceback",
    Reason.RESTORED: "the database was restored from a backup, which does not know what has happened since",
    Reason.BY_OWNER: "a person did it",
}
