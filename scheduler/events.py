"""Building the events of a run, a template and a slot. Pure: ids and instants are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.event import EventType, NewEvent
from domain.publication import Post, PostStatus, Publication
from domain.question import Question
from domain.reasons import SENTENCES, Reason
from domain.research import Research, ResearchStatus
from domain.run import Gap, Run, RunStatus
from domain.template import ApproveDefault, Template

OF_STATUS = {
    RunStatus.POSTED: EventType.RUN_SUCCEEDED,
    RunStatus.PARTIAL: EventType.RUN_FAILED,
    RunStatus.FAILED: EventType.RUN_FAILED,
    RunStatus.SKIPPED: EventType.RUN_SKIPPED,
}


def iso(moment: datetime) -> str:
    """Give *moment* as ISO 8601 in UTC with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Events:
    """Builds the events about one template. *new_id* gives each its id."""

    template: Template
    new_id: Callable[[], str]

    def finished(
        self,
        run: Run,
        status: RunStatus,
        reason: Reason | None,
        detail: str | None,
        posts: Iterable[Post],
        now: datetime,
        question: Question | None = None,
    ) -> NewEvent:
        """Tell how *run* ended: run.succeeded, run.failed or run.skipped, with its posts."""
        shown = [_post(post) for post in posts]
        return self._of_run(OF_STATUS[status], run, now, status, reason, detail, posts=shown, **_asked(question))

    def held(
        self,
        run: Run,
        posts: Iterable[Post],
        now: datetime,
        *,
        revision: str,
        decide_by: datetime | None,
        undecided: ApproveDefault,
        question: Question | None = None,
    ) -> NewEvent:
        """Tell that a person is asked to approve *posts*, until when, and what becomes of them then."""
        shown = [_post(post) for post in posts]
        wanted = {
            "revision": revision,
            "decideBy": iso(decide_by) if decide_by else None,
            "default": undecided.value if decide_by else None,
        }
        return self._of_run(
            EventType.RUN_HELD, run, now, RunStatus.HELD, None, None, posts=shown, approval=wanted, **_asked(question)
        )

    def published(self, run: Run, post: Post, now: datetime) -> NewEvent:
        """Tell that one part is out, with its tweet id and URL."""
        return self._of_run(EventType.POST_PUBLISHED, run, now, run.status, None, None, posts=[_post(post)])

    def deleted(self, run: Run, post: Post, by: str, note: str | None, now: datetime) -> NewEvent:
        """Tell that one part was out and is deleted, by a person or by the template's `on_partial`."""
        deleted = {"by": by, "note": note}
        posts = [_post(post, PostStatus.DELETED)]
        return self._of_run(EventType.POST_DELETED, run, now, run.status, None, None, posts=posts, deleted=deleted)

    def unknown(self, run: Run, post: Post, publication: Publication, reason: str | None, now: datetime) -> NewEvent:
        """Tell that it is not known whether one part went out."""
        return self._of_run(
            EventType.POST_UNKNOWN,
            run,
            now,
            RunStatus.UNKNOWN,
            Reason.UNKNOWN_OUTCOME,
            reason,
            posts=[_post(post, PostStatus.UNKNOWN)],
            publication={"id": publication.id, "idempotencyKey": publication.idempotency_key},
        )

    def partial(self, run: Run, posts: Iterable[Post], now: datetime) -> NewEvent:
        """Tell that a thread is out in part only."""
        return self._of_run(
            EventType.THREAD_PARTIAL,
            run,
            now,
            RunStatus.PARTIAL,
            Reason.THREAD_PARTIAL,
            None,
            posts=[_post(post) for post in posts],
        )

    def slot_skipped(self, run_id: str, slot_at: datetime, reason: Reason, now: datetime) -> NewEvent:
        """Tell that one slot was dropped before it ran."""
        run = {
            "id": run_id,
            "slotAt": iso(slot_at),
            "status": str(RunStatus.SKIPPED),
            "reason": str(reason),
            "detail": SENTENCES[reason],
        }
        return self._event(EventType.RUN_SKIPPED, now, {"run": run, "posts": []}, run_id)

    def slots_skipped(self, gap: Gap, now: datetime) -> NewEvent:
        """Tell that many slots were dropped for one reason."""
        slots = {"from": iso(gap.start), "to": iso(gap.end), "count": gap.count, "reason": str(gap.reason)}
        return self._event(EventType.SLOTS_SKIPPED, now, {"slots": slots})

    def of_template(
        self, kind: EventType, now: datetime, reason: Reason | None = None, note: str | None = None
    ) -> NewEvent:
        """Tell that the template was paused, resumed or has ended."""
        return self._event(kind, now, {"reason": reason and str(reason), "note": note})

    def _of_run(
        self,
        kind: EventType,
        run: Run,
        now: datetime,
        status: RunStatus,
        reason: Reason | None,
        detail: str | None,
        **more: Any,
    ) -> NewEvent:
        of_run = {
            "id": run.id,
            "slotAt": iso(run.slot_at),
            "status": str(status),
            "reason": reason and str(reason),
            "detail": detail or (SENTENCES[reason] if reason else None),
        }
        return self._event(kind, now, {"run": of_run, **more}, run.id)

    def _event(self, kind: EventType, now: datetime, data: dict[str, Any], run_id: str | None = None) -> NewEvent:
        envelope = {
            "template": {"id": self.template.id, "name": self.template.name},
            "callbackData": self.template.callback_data,
        }
        owner = self.template.owner_id
        return NewEvent(self.new_id(), kind, now, envelope | data, self.template.id, run_id, owner)


def researched(found: Research, failure: str | None, new_id: Callable[[], str], now: datetime) -> NewEvent:
    """Tell how a research ended that no run asked for; its report is fetched by its id."""
    told = {
        "id": found.id,
        "topic": found.topic,
        "status": str(ResearchStatus.FAILED if failure else ResearchStatus.DONE),
        "output": str(found.output),
        "recurringId": found.recurring_id,
        "failure": failure,
    }
    kind = EventType.RESEARCH_FAILED if failure else EventType.RESEARCH_SUCCEEDED
    data = {"callbackData": found.callback_data, "research": told}
    return NewEvent(new_id(), kind, now, data, owner_id=found.owner_id)


def _asked(question: Question | None) -> dict[str, Any]:
    """Give what a `pre_publish` callback decided; nothing when none was asked."""
    if question is None:
        return {}
    decision = question.decision and question.decision.value
    told = {"id": question.id, "decision": decision, "reason": question.reason, "lastError": question.last_error}
    return {"prePublish": told}


def _post(post: Post, status: PostStatus | None = None) -> dict[str, Any]:
    return {
        "id": post.id,
        "text": post.text,
        "group": post.group,
        "order": post.part,
        "status": str(status or post.status),
        "tweetId": post.tweet_id,
        "tweetUrl": post.url,
    }
