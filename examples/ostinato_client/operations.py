"""Every operation of the API. Written by `python -m web.client_source`."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any, Literal, Unpack

from ostinato_client.calling import Caller, Sent, Upload, part
from ostinato_client.documents import (
    AcknowledgeFailures,
    AddFeed,
    AddFeedAnswer,
    AddProject,
    ApplyTemplates,
    ApplyTemplatesAnswer,
    ApproveRun,
    BackfillSlots,
    BackfillSlotsAnswer,
    CancelRun,
    CancelRunAnswer,
    ChangeAccount,
    ChangeRecurringDeepResearch,
    ChangeRecurringDeepResearchAnswer,
    ChangeWebhook,
    ChangeXRecurring,
    ChangeXRecurringAnswer,
    ComparePlan,
    ComparePlanAnswer,
    CompareStylesAnswer,
    CreateContentWebhook,
    CreateContentWebhookAnswer,
    CreateFeed,
    CreateFeedAnswer,
    CreateProject,
    CreateProjectAnswer,
    CreateTemplate,
    CreateTemplateAnswer,
    CreateToken,
    CreateTokenAnswer,
    CreateWebhook,
    CreateWebhookAnswer,
    CreateXPost,
    CreateXPostQuick,
    DeleteFeed,
    DeleteFeedAnswer,
    DeletePostAnswer,
    DeleteTemplateAnswer,
    EditProject,
    EditRecurringResearch,
    EditTemplate,
    Event,
    ExplainSlotAnswer,
    ExportTemplatesAnswer,
    File,
    GetAccountAnswer,
    GetDeliveryAnswer,
    GetPostAnswer,
    GetRecurringResearchAnswer,
    GetResearchAnswer,
    GetRunAnswer,
    HealthAnswer,
    KeepStyle,
    KeepStyleAnswer,
    ListAccountsAnswer,
    ListBudgetsAnswer,
    ListBudgetsAnswerBudgets,
    ListCalendarsAnswer,
    ListCalendarsAnswerCalendars,
    ListContentWebhooksAnswer,
    ListDeepResearchAnswer,
    ListDeliveriesAnswer,
    ListDeliveriesAnswerDeliveries,
    ListEventsAnswer,
    ListFeedEntriesAnswer,
    ListFeedEntriesAnswerEntries,
    ListFeedsAnswer,
    ListFeedSubscriptionsAnswer,
    ListFilesAnswer,
    ListOwnFeedsAnswer,
    ListOwnFeedsAnswerFeeds,
    ListOwnProjectsAnswer,
    ListPostsAnswer,
    ListProjectsAnswer,
    ListRecurringDeepResearchAnswer,
    ListRecurringResearchAnswer,
    ListResearchAnswer,
    ListRunsAnswer,
    ListStylesAnswer,
    ListTemplatesAnswer,
    ListWebhooksAnswer,
    ListWebhooksAnswerWebhooks,
    ListXPostsAnswer,
    ListXRecurringAnswer,
    MoveSlot,
    NameFeed,
    PauseAllAnswer,
    PauseTemplate,
    PlanAnswer,
    Post,
    PreviewTemplateAnswer,
    Project,
    RecurringResearch,
    RedeliverDeadAnswer,
    RefineXPost,
    RefineXPostAnswer,
    RefreshCalendars,
    RefreshCalendarsAnswer,
    RejectRun,
    RemoveContentWebhook,
    RemoveContentWebhookAnswer,
    RenameFeed,
    RenameFeedAnswer,
    RepeatResearch,
    ReplaceTemplateAnswer,
    Requested,
    Research,
    ResumeAccountAnswer,
    ResumeAllAnswer,
    RotateWebhookSecret,
    RotateWebhookSecretAnswer,
    Run,
    SampleTemplateAnswer,
    Scheduled,
    ScoreText,
    ScoreTextAnswer,
    SetAccountBudget,
    SettlePost,
    ShowContentStatusAnswer,
    ShowContentUsageAnswer,
    ShowDeepResearchAnswer,
    ShowXPostAnswer,
    SkipSlot,
    StartDeepResearch,
    StartDeepResearchAnswer2,
    StartResearch,
    StatusAnswer,
    Style,
    SubscribeFeed,
    Template,
    TestWebhookAnswer,
    Token,
    Tokens,
    WhyRun,
)


class Client(Caller):
    """Asks the installation at a URL, with a token of `ostinato token create`."""

    def list_templates(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        status: Literal["active", "paused", "ended", "deleted"] | None = None,
    ) -> ListTemplatesAnswer:
        """List the templates by name.

        `GET /api/v1/templates`
        """
        answer: ListTemplatesAnswer = self._ask(
            "GET", "/api/v1/templates", query={"limit": limit, "after": after, "status": status}
        )
        return answer

    def iterate_templates(
        self, *, limit: int | None = None, status: Literal["active", "paused", "ended", "deleted"] | None = None
    ) -> Iterator[Template]:
        """Give all templates of `list_templates`, page after page."""
        return self._pages("/api/v1/templates", "templates", {"limit": limit, "status": status})

    def create_template(
        self, *, idempotency_key: str | None = None, **fields: Unpack[CreateTemplate]
    ) -> CreateTemplateAnswer:
        """Add a template.

        `POST /api/v1/templates`
        """
        answer: CreateTemplateAnswer = self._ask(
            "POST", "/api/v1/templates", body=fields, idempotency_key=idempotency_key
        )
        return answer

    def get_template(self, template: str, /) -> Template:
        """Show a template, by its name or id.

        `GET /api/v1/templates/{template}`
        """
        answer: Template = self._ask("GET", f"/api/v1/templates/{part(template)}")
        return answer

    def replace_template(self, template: str, /, **fields: Unpack[CreateTemplate]) -> ReplaceTemplateAnswer:
        """Put a whole document in the place of a template.

        `PUT /api/v1/templates/{template}`
        """
        answer: ReplaceTemplateAnswer = self._ask("PUT", f"/api/v1/templates/{part(template)}", body=fields)
        return answer

    def edit_template(self, template: str, /, **fields: Unpack[EditTemplate]) -> ReplaceTemplateAnswer:
        """Change some fields of a template and leave the others.

        `PATCH /api/v1/templates/{template}`
        """
        answer: ReplaceTemplateAnswer = self._ask("PATCH", f"/api/v1/templates/{part(template)}", body=fields)
        return answer

    def delete_template(self, template: str, /) -> DeleteTemplateAnswer:
        """Delete a template; its runs and posts are kept, and its name is free again.

        `DELETE /api/v1/templates/{template}`
        """
        answer: DeleteTemplateAnswer = self._ask("DELETE", f"/api/v1/templates/{part(template)}")
        return answer

    def run_template(self, template: str, /, *, idempotency_key: str | None = None) -> Run:
        """Queue a run of the template now, whatever its schedule says. The daemon works on it.

        `POST /api/v1/templates/{template}/runs`
        """
        answer: Run = self._ask("POST", f"/api/v1/templates/{part(template)}/runs", idempotency_key=idempotency_key)
        return answer

    def pause_template(self, template: str, /, **fields: Unpack[PauseTemplate]) -> DeleteTemplateAnswer:
        """Let no slot run until the template is resumed.

        `POST /api/v1/templates/{template}/pause`
        """
        answer: DeleteTemplateAnswer = self._ask("POST", f"/api/v1/templates/{part(template)}/pause", body=fields)
        return answer

    def resume_template(self, template: str, /) -> Template:
        """Let the template run again from its next slot; what passed meanwhile is not made up.

        `POST /api/v1/templates/{template}/resume`
        """
        answer: Template = self._ask("POST", f"/api/v1/templates/{part(template)}/resume")
        return answer

    def pause_all(self, **fields: Unpack[PauseTemplate]) -> PauseAllAnswer:
        """Pause every active template: the kill switch.

        `POST /api/v1/pause`
        """
        answer: PauseAllAnswer = self._ask("POST", "/api/v1/pause", body=fields)
        return answer

    def resume_all(self) -> ResumeAllAnswer:
        """Resume every template that a person paused; those that Ostinato paused itself stay paused.

        `POST /api/v1/resume`
        """
        answer: ResumeAllAnswer = self._ask("POST", "/api/v1/resume")
        return answer

    def preview_template(self, template: str, /, *, count: int | None = None) -> PreviewTemplateAnswer:
        """Show the next slots of the template, and which of them will post nothing.

        `GET /api/v1/templates/{template}/slots`
        """
        answer: PreviewTemplateAnswer = self._ask(
            "GET", f"/api/v1/templates/{part(template)}/slots", query={"count": count}
        )
        return answer

    def skip_slot(self, template: str, /, **fields: Unpack[SkipSlot]) -> Run:
        """Let one slot post nothing; the others stay.

        `POST /api/v1/templates/{template}/slots/skip`
        """
        answer: Run = self._ask("POST", f"/api/v1/templates/{part(template)}/slots/skip", body=fields)
        return answer

    def move_slot(self, template: str, /, **fields: Unpack[MoveSlot]) -> Run:
        """Let one slot run at another time; the others stay.

        `POST /api/v1/templates/{template}/slots/move`
        """
        answer: Run = self._ask("POST", f"/api/v1/templates/{part(template)}/slots/move", body=fields)
        return answer

    def backfill_slots(self, template: str, /, **fields: Unpack[BackfillSlots]) -> BackfillSlotsAnswer:
        """Queue runs for slots that passed without one, at most 200, oldest first.

        `POST /api/v1/templates/{template}/slots/backfill`
        """
        answer: BackfillSlotsAnswer = self._ask(
            "POST", f"/api/v1/templates/{part(template)}/slots/backfill", body=fields
        )
        return answer

    def explain_slot(self, template: str, /, *, at: str | None = None) -> ExplainSlotAnswer:
        """Explain what became, or will become, of the template at any instant, link by link.

        `GET /api/v1/templates/{template}/why`
        """
        answer: ExplainSlotAnswer = self._ask("GET", f"/api/v1/templates/{part(template)}/why", query={"at": at})
        return answer

    def list_runs(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        template: str | None = None,
        account: str | None = None,
        status: Literal["queued", "working", "held", "unknown", "posted", "partial", "skipped", "failed"] | None = None,
        reason: Literal[
            "missed",
            "superseded",
            "too_late",
            "overlap",
            "unsettled",
            "paused",
            "quiet_hours",
            "excluded",
            "owner_skipped",
            "max_runs",
            "nothing_new",
            "expired",
            "sources_failed",
            "research_unfinished",
            "no_draft",
            "score_too_low",
            "too_similar",
            "rejected",
            "approval_expired",
            "vetoed",
            "pre_publish_expired",
            "shadow",
            "over_budget",
            "no_picture",
            "refused",
            "duplicate",
            "api_blocked",
            "account_blocked",
            "unknown_outcome",
            "thread_partial",
            "not_posted",
            "cancelled",
            "invalid_template",
            "internal_error",
            "restored",
            "by_owner",
        ]
        | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> ListRunsAnswer:
        """List the runs, the newest due first.

        `GET /api/v1/runs`
        """
        answer: ListRunsAnswer = self._ask(
            "GET",
            "/api/v1/runs",
            query={
                "limit": limit,
                "after": after,
                "template": template,
                "account": account,
                "status": status,
                "reason": reason,
                "since": since,
                "until": until,
            },
        )
        return answer

    def iterate_runs(
        self,
        *,
        limit: int | None = None,
        template: str | None = None,
        account: str | None = None,
        status: Literal["queued", "working", "held", "unknown", "posted", "partial", "skipped", "failed"] | None = None,
        reason: Literal[
            "missed",
            "superseded",
            "too_late",
            "overlap",
            "unsettled",
            "paused",
            "quiet_hours",
            "excluded",
            "owner_skipped",
            "max_runs",
            "nothing_new",
            "expired",
            "sources_failed",
            "research_unfinished",
            "no_draft",
            "score_too_low",
            "too_similar",
            "rejected",
            "approval_expired",
            "vetoed",
            "pre_publish_expired",
            "shadow",
            "over_budget",
            "no_picture",
            "refused",
            "duplicate",
            "api_blocked",
            "account_blocked",
            "unknown_outcome",
            "thread_partial",
            "not_posted",
            "cancelled",
            "invalid_template",
            "internal_error",
            "restored",
            "by_owner",
        ]
        | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Iterator[Run]:
        """Give all runs of `list_runs`, page after page."""
        return self._pages(
            "/api/v1/runs",
            "runs",
            {
                "limit": limit,
                "template": template,
                "account": account,
                "status": status,
                "reason": reason,
                "since": since,
                "until": until,
            },
        )

    def get_run(self, run: str, /) -> GetRunAnswer:
        """Show a run with its posts, the revision that waits for a decision, and what it has cost.

        `GET /api/v1/runs/{run}`
        """
        answer: GetRunAnswer = self._ask("GET", f"/api/v1/runs/{part(run)}")
        return answer

    def explain_run(self, run: str, /) -> WhyRun:
        """Explain what became of a run, with all the evidence.

        `GET /api/v1/runs/{run}/why`
        """
        answer: WhyRun = self._ask("GET", f"/api/v1/runs/{part(run)}/why")
        return answer

    def approve_run(self, run: str, /, **fields: Unpack[ApproveRun]) -> GetRunAnswer:
        """Let a held run publish what it wrote, or what you make of it.

        `POST /api/v1/runs/{run}/approve`
        """
        answer: GetRunAnswer = self._ask("POST", f"/api/v1/runs/{part(run)}/approve", body=fields)
        return answer

    def reject_run(self, run: str, /, **fields: Unpack[RejectRun]) -> GetRunAnswer:
        """Let a held run post nothing.

        `POST /api/v1/runs/{run}/reject`
        """
        answer: GetRunAnswer = self._ask("POST", f"/api/v1/runs/{part(run)}/reject", body=fields)
        return answer

    def cancel_run(self, run: str, /, **fields: Unpack[CancelRun]) -> CancelRunAnswer:
        """Stop a run before it publishes.

        `POST /api/v1/runs/{run}/cancel`
        """
        answer: CancelRunAnswer = self._ask("POST", f"/api/v1/runs/{part(run)}/cancel", body=fields)
        return answer

    def retry_run(self, run: str, /, *, idempotency_key: str | None = None) -> Run:
        """Try a run once more that ended skipped or failed. The daemon works on it.

        `POST /api/v1/runs/{run}/retry`
        """
        answer: Run = self._ask("POST", f"/api/v1/runs/{part(run)}/retry", idempotency_key=idempotency_key)
        return answer

    def list_posts(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        template: str | None = None,
        run: str | None = None,
        account: str | None = None,
        status: Literal[
            "generated", "awaiting_approval", "publishing", "published", "failed", "unknown", "discarded", "deleted"
        ]
        | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> ListPostsAnswer:
        """List the posts, the newest first, the parts of each run in their order.

        `GET /api/v1/posts`
        """
        answer: ListPostsAnswer = self._ask(
            "GET",
            "/api/v1/posts",
            query={
                "limit": limit,
                "after": after,
                "template": template,
                "run": run,
                "account": account,
                "status": status,
                "since": since,
                "until": until,
            },
        )
        return answer

    def iterate_posts(
        self,
        *,
        limit: int | None = None,
        template: str | None = None,
        run: str | None = None,
        account: str | None = None,
        status: Literal[
            "generated", "awaiting_approval", "publishing", "published", "failed", "unknown", "discarded", "deleted"
        ]
        | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Iterator[Post]:
        """Give all posts of `list_posts`, page after page."""
        return self._pages(
            "/api/v1/posts",
            "posts",
            {
                "limit": limit,
                "template": template,
                "run": run,
                "account": account,
                "status": status,
                "since": since,
                "until": until,
            },
        )

    def get_post(self, post: str, /) -> GetPostAnswer:
        """Show a post, where each of its words comes from, and every attempt to publish it.

        `GET /api/v1/posts/{post}`
        """
        answer: GetPostAnswer = self._ask("GET", f"/api/v1/posts/{part(post)}")
        return answer

    def delete_post(self, post: str, /, *, thread: bool | None = None, note: str | None = None) -> DeletePostAnswer:
        """Delete a post from X. It stays in the records, as deleted, and is not posted again.

        `DELETE /api/v1/posts/{post}`
        """
        answer: DeletePostAnswer = self._ask(
            "DELETE", f"/api/v1/posts/{part(post)}", query={"thread": thread, "note": note}
        )
        return answer

    def settle_post(self, post: str, /, **fields: Unpack[SettlePost]) -> GetPostAnswer:
        """Decide what became of a post whose outcome is unknown. Its run then goes on.

        `POST /api/v1/posts/{post}/settle`
        """
        answer: GetPostAnswer = self._ask("POST", f"/api/v1/posts/{part(post)}/settle", body=fields)
        return answer

    def sample_template(self, template: str, /) -> SampleTemplateAnswer:
        """Write what the template would post now, from what its sources hold now.

        `POST /api/v1/templates/{template}/sample`
        """
        answer: SampleTemplateAnswer = self._ask("POST", f"/api/v1/templates/{part(template)}/sample")
        return answer

    def sample_document(self, **fields: Unpack[CreateTemplate]) -> SampleTemplateAnswer:
        """Write what a template would post that is not kept: its whole document is the body.

        `POST /api/v1/samples`
        """
        answer: SampleTemplateAnswer = self._ask("POST", "/api/v1/samples", body=fields)
        return answer

    def list_events(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        types: str | None = None,
        template: str | None = None,
        wait: int | None = None,
    ) -> ListEventsAnswer:
        """Give what happened, in the order of its recording, or wait for it.

        `GET /api/v1/events`
        """
        answer: ListEventsAnswer = self._ask(
            "GET",
            "/api/v1/events",
            query={"after": after, "limit": limit, "types": types, "template": template, "wait": wait},
        )
        return answer

    def follow_events(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        types: str | None = None,
        template: str | None = None,
        wait: int | None = None,
    ) -> Iterator[Event]:
        """Give all events of `list_events`, as they happen, without end; `wait` lets each call wait for them."""
        return self._pages(
            "/api/v1/events",
            "events",
            {"after": after, "limit": limit, "types": types, "template": template, "wait": wait},
        )

    def stream_events(
        self, *, after: str | None = None, types: str | None = None, template: str | None = None
    ) -> Generator[Sent, None, None]:
        """Send what happens as server-sent events, until one side ends.

        `GET /api/v1/events/stream`
        """
        return self._stream("/api/v1/events/stream", {"after": after, "types": types, "template": template})

    def plan(self, *, days: int | None = None, from_: str | None = None, templates: str | None = None) -> PlanAnswer:
        """Show what the scheduler will do with the active templates, or some, over the coming days.

        `GET /api/v1/plan`
        """
        answer: PlanAnswer = self._ask(
            "GET", "/api/v1/plan", query={"days": days, "from": from_, "templates": templates}
        )
        return answer

    def compare_plan(self, **fields: Unpack[ComparePlan]) -> ComparePlanAnswer:
        """Show what `POST /api/v1/apply` of these documents would change, and which runs would move.

        `POST /api/v1/plan`
        """
        answer: ComparePlanAnswer = self._ask("POST", "/api/v1/plan", body=fields)
        return answer

    def apply_templates(
        self, *, idempotency_key: str | None = None, **fields: Unpack[ApplyTemplates]
    ) -> ApplyTemplatesAnswer:
        """Make these documents true: all of them, or none when one is wrong.

        `POST /api/v1/apply`
        """
        answer: ApplyTemplatesAnswer = self._ask("POST", "/api/v1/apply", body=fields, idempotency_key=idempotency_key)
        return answer

    def export_templates(self, *, toml: bool | None = None) -> ExportTemplatesAnswer:
        """Give every active and paused template as the document that `POST /api/v1/apply` takes.

        `GET /api/v1/export`
        """
        answer: ExportTemplatesAnswer = self._ask("GET", "/api/v1/export", query={"toml": toml})
        return answer

    def add_file(
        self,
        *,
        name: str | None = None,
        files: Mapping[str, Upload] | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> File:
        """Keep a picture or a sound for templates, which name it by its id.

        `POST /api/v1/files`
        """
        answer: File = self._ask(
            "POST", "/api/v1/files", query={"name": name}, body=fields, files=files, idempotency_key=idempotency_key
        )
        return answer

    def list_files(self, *, limit: int | None = None, after: str | None = None) -> ListFilesAnswer:
        """List the files that are kept, the newest first, and whether something needs them.

        `GET /api/v1/files`
        """
        answer: ListFilesAnswer = self._ask("GET", "/api/v1/files", query={"limit": limit, "after": after})
        return answer

    def iterate_files(self, *, limit: int | None = None) -> Iterator[File]:
        """Give all files of `list_files`, page after page."""
        return self._pages("/api/v1/files", "files", {"limit": limit})

    def get_file(self, file: str, /) -> File:
        """Show what is known of a file; `GET /files/{id}` gives its bytes.

        `GET /api/v1/files/{file}`
        """
        answer: File = self._ask("GET", f"/api/v1/files/{part(file)}")
        return answer

    def remove_file(self, file: str, /) -> File:
        """Remove a file that nothing needs.

        `DELETE /api/v1/files/{file}`
        """
        answer: File = self._ask("DELETE", f"/api/v1/files/{part(file)}")
        return answer

    def score_text(self, **fields: Unpack[ScoreText]) -> ScoreTextAnswer:
        """Score a text with the checks of the Xquik API.

        `POST /api/v1/score`
        """
        answer: ScoreTextAnswer = self._ask("POST", "/api/v1/score", body=fields)
        return answer

    def status(self) -> StatusAnswer:
        """Say how things stand: what is planned, what waits for whom, and which failures nobody has read.

        `GET /api/v1/status`
        """
        answer: StatusAnswer = self._ask("GET", "/api/v1/status")
        return answer

    def acknowledge_failures(self, **fields: Unpack[AcknowledgeFailures]) -> StatusAnswer:
        """Mark failures as read, up to the event `up_to`; later ones stay unread.

        `POST /api/v1/status/acknowledge`
        """
        answer: StatusAnswer = self._ask("POST", "/api/v1/status/acknowledge", body=fields)
        return answer

    def list_webhooks(self, *, limit: int | None = None, after: str | None = None) -> ListWebhooksAnswer:
        """List the webhooks: those of the settings, of templates, and those made here.

        `GET /api/v1/webhooks`
        """
        answer: ListWebhooksAnswer = self._ask("GET", "/api/v1/webhooks", query={"limit": limit, "after": after})
        return answer

    def iterate_webhooks(self, *, limit: int | None = None) -> Iterator[ListWebhooksAnswerWebhooks]:
        """Give all webhooks of `list_webhooks`, page after page."""
        return self._pages("/api/v1/webhooks", "webhooks", {"limit": limit})

    def create_webhook(
        self, *, idempotency_key: str | None = None, **fields: Unpack[CreateWebhook]
    ) -> CreateWebhookAnswer:
        """Tell a URL what happens, of all templates; the secret that signs it is shown this once.

        `POST /api/v1/webhooks`
        """
        answer: CreateWebhookAnswer = self._ask(
            "POST", "/api/v1/webhooks", body=fields, idempotency_key=idempotency_key
        )
        return answer

    def get_webhook(self, webhook: str, /) -> ListWebhooksAnswerWebhooks:
        """Show a webhook, and why it is switched off where it is.

        `GET /api/v1/webhooks/{webhook}`
        """
        answer: ListWebhooksAnswerWebhooks = self._ask("GET", f"/api/v1/webhooks/{part(webhook)}")
        return answer

    def change_webhook(self, webhook: str, /, **fields: Unpack[ChangeWebhook]) -> ListWebhooksAnswerWebhooks:
        """Change a webhook's URL or types of events (null: all), or switch it off or on; its secret stays.

        `PATCH /api/v1/webhooks/{webhook}`
        """
        answer: ListWebhooksAnswerWebhooks = self._ask("PATCH", f"/api/v1/webhooks/{part(webhook)}", body=fields)
        return answer

    def delete_webhook(self, webhook: str, /) -> ListWebhooksAnswerWebhooks:
        """Tell a webhook nothing more; its deliveries are kept.

        `DELETE /api/v1/webhooks/{webhook}`
        """
        answer: ListWebhooksAnswerWebhooks = self._ask("DELETE", f"/api/v1/webhooks/{part(webhook)}")
        return answer

    def rotate_webhook_secret(
        self, webhook: str, /, *, idempotency_key: str | None = None, **fields: Unpack[RotateWebhookSecret]
    ) -> RotateWebhookSecretAnswer:
        """Sign what a webhook is sent with a new secret, from now on; it is shown this once.

        `POST /api/v1/webhooks/{webhook}/rotate`
        """
        answer: RotateWebhookSecretAnswer = self._ask(
            "POST", f"/api/v1/webhooks/{part(webhook)}/rotate", body=fields, idempotency_key=idempotency_key
        )
        return answer

    def test_webhook(self, webhook: str, /) -> TestWebhookAnswer:
        """Send the event callback.test to a webhook now, and say what its receiver answered.

        `POST /api/v1/webhooks/{webhook}/test`
        """
        answer: TestWebhookAnswer = self._ask("POST", f"/api/v1/webhooks/{part(webhook)}/test")
        return answer

    def list_deliveries(
        self,
        *,
        status: Literal["pending", "delivered", "dead"] | None = None,
        webhook: str | None = None,
        event: Literal[
            "run.succeeded",
            "run.failed",
            "run.skipped",
            "run.held",
            "slots.skipped",
            "post.published",
            "post.unknown",
            "post.settled",
            "post.deleted",
            "thread.partial",
            "template.paused",
            "template.resumed",
            "template.ended",
            "research.succeeded",
            "research.failed",
            "feed.failing",
            "calendar.failing",
            "clock.stepped",
            "database.restored",
            "account.unreconciled",
            "account.reconciled",
            "day.summary",
            "callback.test",
        ]
        | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> ListDeliveriesAnswer:
        """List what webhooks were told, or are to be told: that of the newest events first.

        `GET /api/v1/deliveries`
        """
        answer: ListDeliveriesAnswer = self._ask(
            "GET",
            "/api/v1/deliveries",
            query={"status": status, "webhook": webhook, "event": event, "limit": limit, "after": after},
        )
        return answer

    def iterate_deliveries(
        self,
        *,
        status: Literal["pending", "delivered", "dead"] | None = None,
        webhook: str | None = None,
        event: Literal[
            "run.succeeded",
            "run.failed",
            "run.skipped",
            "run.held",
            "slots.skipped",
            "post.published",
            "post.unknown",
            "post.settled",
            "post.deleted",
            "thread.partial",
            "template.paused",
            "template.resumed",
            "template.ended",
            "research.succeeded",
            "research.failed",
            "feed.failing",
            "calendar.failing",
            "clock.stepped",
            "database.restored",
            "account.unreconciled",
            "account.reconciled",
            "day.summary",
            "callback.test",
        ]
        | None = None,
        limit: int | None = None,
    ) -> Iterator[ListDeliveriesAnswerDeliveries]:
        """Give all deliveries of `list_deliveries`, page after page."""
        return self._pages(
            "/api/v1/deliveries", "deliveries", {"status": status, "webhook": webhook, "event": event, "limit": limit}
        )

    def redeliver_dead(self) -> RedeliverDeadAnswer:
        """Send the dead deliveries again, the newest thousand, each with twelve new attempts.

        `POST /api/v1/deliveries/redeliver`
        """
        answer: RedeliverDeadAnswer = self._ask("POST", "/api/v1/deliveries/redeliver")
        return answer

    def get_delivery(self, delivery: str, /) -> GetDeliveryAnswer:
        """Show a delivery with every try: what the receiver answered, and how long that took.

        `GET /api/v1/deliveries/{delivery}`
        """
        answer: GetDeliveryAnswer = self._ask("GET", f"/api/v1/deliveries/{part(delivery)}")
        return answer

    def redeliver(self, delivery: str, /) -> ListDeliveriesAnswerDeliveries:
        """Send a delivery again, whatever became of it before; the daemon does it, and its event keeps its id.

        `POST /api/v1/deliveries/{delivery}/redeliver`
        """
        answer: ListDeliveriesAnswerDeliveries = self._ask("POST", f"/api/v1/deliveries/{part(delivery)}/redeliver")
        return answer

    def list_own_feeds(self, *, limit: int | None = None, after: str | None = None) -> ListOwnFeedsAnswer:
        """List the feeds by their number, how reading them goes, and who reads them.

        `GET /api/v1/feeds`
        """
        answer: ListOwnFeedsAnswer = self._ask("GET", "/api/v1/feeds", query={"limit": limit, "after": after})
        return answer

    def iterate_feeds(self, *, limit: int | None = None) -> Iterator[ListOwnFeedsAnswerFeeds]:
        """Give all feeds of `list_own_feeds`, page after page."""
        return self._pages("/api/v1/feeds", "feeds", {"limit": limit})

    def add_feed(self, *, idempotency_key: str | None = None, **fields: Unpack[AddFeed]) -> AddFeedAnswer:
        """Add the feed at a URL after reading it once; with `read` false it is read once a template uses it.

        `POST /api/v1/feeds`
        """
        answer: AddFeedAnswer = self._ask("POST", "/api/v1/feeds", body=fields, idempotency_key=idempotency_key)
        return answer

    def get_feed(self, feed: str, /) -> ListOwnFeedsAnswerFeeds:
        """Show a feed: what was read last, and what went wrong.

        `GET /api/v1/feeds/{feed}`
        """
        answer: ListOwnFeedsAnswerFeeds = self._ask("GET", f"/api/v1/feeds/{part(feed)}")
        return answer

    def name_feed(self, feed: str, /, **fields: Unpack[NameFeed]) -> ListOwnFeedsAnswerFeeds:
        """Give a feed a name of one's own.

        `PATCH /api/v1/feeds/{feed}`
        """
        answer: ListOwnFeedsAnswerFeeds = self._ask("PATCH", f"/api/v1/feeds/{part(feed)}", body=fields)
        return answer

    def remove_feed(self, feed: str, /) -> ListOwnFeedsAnswerFeeds:
        """Remove a feed that no template reads, with its entries.

        `DELETE /api/v1/feeds/{feed}`
        """
        answer: ListOwnFeedsAnswerFeeds = self._ask("DELETE", f"/api/v1/feeds/{part(feed)}")
        return answer

    def refresh_feed(self, feed: str, /) -> ListOwnFeedsAnswerFeeds:
        """Read a feed now; one that cannot be read is refused, and the failure is counted.

        `POST /api/v1/feeds/{feed}/refresh`
        """
        answer: ListOwnFeedsAnswerFeeds = self._ask("POST", f"/api/v1/feeds/{part(feed)}/refresh")
        return answer

    def list_feed_entries(
        self, feed: str, /, *, limit: int | None = None, after: str | None = None
    ) -> ListFeedEntriesAnswer:
        """List a feed's entries, the newest first, and what each template did with them.

        `GET /api/v1/feeds/{feed}/entries`
        """
        answer: ListFeedEntriesAnswer = self._ask(
            "GET", f"/api/v1/feeds/{part(feed)}/entries", query={"limit": limit, "after": after}
        )
        return answer

    def iterate_entries(self, feed: str, /, *, limit: int | None = None) -> Iterator[ListFeedEntriesAnswerEntries]:
        """Give all entries of `list_feed_entries`, page after page."""
        return self._pages(f"/api/v1/feeds/{part(feed)}/entries", "entries", {"limit": limit})

    def list_styles(self, *, limit: int | None = None, after: str | None = None) -> ListStylesAnswer:
        """List the styles that are kept, by name, without their samples.

        `GET /api/v1/styles`
        """
        answer: ListStylesAnswer = self._ask("GET", "/api/v1/styles", query={"limit": limit, "after": after})
        return answer

    def iterate_styles(self, *, limit: int | None = None) -> Iterator[Style]:
        """Give all styles of `list_styles`, page after page."""
        return self._pages("/api/v1/styles", "styles", {"limit": limit})

    def keep_style(self, *, idempotency_key: str | None = None, **fields: Unpack[KeepStyle]) -> KeepStyleAnswer:
        """Keep how a `username` of X writes, which may cost credits, or `samples` of one's own under a `name`.

        `POST /api/v1/styles`
        """
        answer: KeepStyleAnswer = self._ask("POST", "/api/v1/styles", body=fields, idempotency_key=idempotency_key)
        return answer

    def get_style(self, style: str, /) -> KeepStyleAnswer:
        """Show a style with its samples.

        `GET /api/v1/styles/{style}`
        """
        answer: KeepStyleAnswer = self._ask("GET", f"/api/v1/styles/{part(style)}")
        return answer

    def remove_style(self, style: str, /) -> KeepStyleAnswer:
        """Forget a style that no template follows.

        `DELETE /api/v1/styles/{style}`
        """
        answer: KeepStyleAnswer = self._ask("DELETE", f"/api/v1/styles/{part(style)}")
        return answer

    def refresh_style(self, style: str, /) -> KeepStyleAnswer:
        """Read anew how an author writes; it may cost credits.

        `POST /api/v1/styles/{style}/refresh`
        """
        answer: KeepStyleAnswer = self._ask("POST", f"/api/v1/styles/{part(style)}/refresh")
        return answer

    def compare_styles(self, style: str, /, *, other: str | None = None) -> CompareStylesAnswer:
        """Show a style beside another in numbers: how long, how often with links, what it says most.

        `GET /api/v1/styles/{style}/comparison`
        """
        answer: CompareStylesAnswer = self._ask(
            "GET", f"/api/v1/styles/{part(style)}/comparison", query={"other": other}
        )
        return answer

    def list_calendars(self, *, limit: int | None = None, after: str | None = None) -> ListCalendarsAnswer:
        """List the calendars that templates follow, and how reading them goes.

        `GET /api/v1/calendars`
        """
        answer: ListCalendarsAnswer = self._ask("GET", "/api/v1/calendars", query={"limit": limit, "after": after})
        return answer

    def iterate_calendars(self, *, limit: int | None = None) -> Iterator[ListCalendarsAnswerCalendars]:
        """Give all calendars of `list_calendars`, page after page."""
        return self._pages("/api/v1/calendars", "calendars", {"limit": limit})

    def refresh_calendars(self, **fields: Unpack[RefreshCalendars]) -> RefreshCalendarsAnswer:
        """Read the calendar at `url`, or all of them, again, and let the templates follow.

        `POST /api/v1/calendars/refresh`
        """
        answer: RefreshCalendarsAnswer = self._ask("POST", "/api/v1/calendars/refresh", body=fields)
        return answer

    def list_accounts(self) -> ListAccountsAnswer:
        """List the X accounts that are connected to the API key; templates can post as the healthy ones.

        `GET /api/v1/accounts`
        """
        answer: ListAccountsAnswer = self._ask("GET", "/api/v1/accounts")
        return answer

    def get_account(self, account: str, /) -> GetAccountAnswer:
        """Show how far apart an account posts, what it may spend, and which templates post as it.

        `GET /api/v1/accounts/{account}`
        """
        answer: GetAccountAnswer = self._ask("GET", f"/api/v1/accounts/{part(account)}")
        return answer

    def change_account(self, account: str, /, **fields: Unpack[ChangeAccount]) -> GetAccountAnswer:
        """Let at least the time `gap` pass between two posts of an account; null is the setting's.

        `PATCH /api/v1/accounts/{account}`
        """
        answer: GetAccountAnswer = self._ask("PATCH", f"/api/v1/accounts/{part(account)}", body=fields)
        return answer

    def set_account_budget(self, account: str, /, **fields: Unpack[SetAccountBudget]) -> GetAccountAnswer:
        """Limit what all templates of an account may spend in a `day` and in a `month`, in US dollars.

        `PATCH /api/v1/accounts/{account}/budget`
        """
        answer: GetAccountAnswer = self._ask("PATCH", f"/api/v1/accounts/{part(account)}/budget", body=fields)
        return answer

    def lift_account_budget(self, account: str, /) -> GetAccountAnswer:
        """Let an account spend any amount.

        `DELETE /api/v1/accounts/{account}/budget`
        """
        answer: GetAccountAnswer = self._ask("DELETE", f"/api/v1/accounts/{part(account)}/budget")
        return answer

    def resume_account(self, account: str, /) -> ResumeAccountAnswer:
        """Let an account post again after a restore although its timeline could not be read.

        `POST /api/v1/accounts/{account}/resume`
        """
        answer: ResumeAccountAnswer = self._ask("POST", f"/api/v1/accounts/{part(account)}/resume")
        return answer

    def list_budgets(
        self, *, names: str | None = None, limit: int | None = None, after: str | None = None
    ) -> ListBudgetsAnswer:
        """Show what templates and accounts may spend, have spent, and have left of the day and the month.

        `GET /api/v1/budgets`
        """
        answer: ListBudgetsAnswer = self._ask(
            "GET", "/api/v1/budgets", query={"names": names, "limit": limit, "after": after}
        )
        return answer

    def iterate_budgets(
        self, *, names: str | None = None, limit: int | None = None
    ) -> Iterator[ListBudgetsAnswerBudgets]:
        """Give all budgets of `list_budgets`, page after page."""
        return self._pages("/api/v1/budgets", "budgets", {"names": names, "limit": limit})

    def list_research(
        self, *, recurring: str | None = None, limit: int | None = None, after: str | None = None
    ) -> ListResearchAnswer:
        """List what was looked up, the newest first.

        `GET /api/v1/research`
        """
        answer: ListResearchAnswer = self._ask(
            "GET", "/api/v1/research", query={"recurring": recurring, "limit": limit, "after": after}
        )
        return answer

    def iterate_research(self, *, recurring: str | None = None, limit: int | None = None) -> Iterator[Research]:
        """Give all research of `list_research`, page after page."""
        return self._pages("/api/v1/research", "research", {"recurring": recurring, "limit": limit})

    def start_research(self, *, idempotency_key: str | None = None, **fields: Unpack[StartResearch]) -> Research:
        """Have a topic looked up by the daemon.

        `POST /api/v1/research`
        """
        answer: Research = self._ask("POST", "/api/v1/research", body=fields, idempotency_key=idempotency_key)
        return answer

    def get_research(self, research: str, /) -> GetResearchAnswer:
        """Show one with its report, its citations, and what was considered and gave nothing.

        `GET /api/v1/research/{research}`
        """
        answer: GetResearchAnswer = self._ask("GET", f"/api/v1/research/{part(research)}")
        return answer

    def list_recurring_research(
        self, *, limit: int | None = None, after: str | None = None
    ) -> ListRecurringResearchAnswer:
        """List the researches that recur, the newest first.

        `GET /api/v1/recurring-research`
        """
        answer: ListRecurringResearchAnswer = self._ask(
            "GET", "/api/v1/recurring-research", query={"limit": limit, "after": after}
        )
        return answer

    def iterate_recurring(self, *, limit: int | None = None) -> Iterator[RecurringResearch]:
        """Give all recurring of `list_recurring_research`, page after page."""
        return self._pages("/api/v1/recurring-research", "recurring", {"limit": limit})

    def repeat_research(
        self, *, idempotency_key: str | None = None, **fields: Unpack[RepeatResearch]
    ) -> RecurringResearch:
        """Have a topic looked up so many times a day, at once for the first time.

        `POST /api/v1/recurring-research`
        """
        answer: RecurringResearch = self._ask(
            "POST", "/api/v1/recurring-research", body=fields, idempotency_key=idempotency_key
        )
        return answer

    def get_recurring_research(self, recurring: str, /) -> GetRecurringResearchAnswer:
        """Show one that recurs, and the newest 10 of what came of it.

        `GET /api/v1/recurring-research/{recurring}`
        """
        answer: GetRecurringResearchAnswer = self._ask("GET", f"/api/v1/recurring-research/{part(recurring)}")
        return answer

    def edit_recurring_research(self, recurring: str, /, **fields: Unpack[EditRecurringResearch]) -> RecurringResearch:
        """Change what it is about, how often or until when it comes.

        `PATCH /api/v1/recurring-research/{recurring}`
        """
        answer: RecurringResearch = self._ask("PATCH", f"/api/v1/recurring-research/{part(recurring)}", body=fields)
        return answer

    def pause_recurring_research(self, recurring: str, /) -> RecurringResearch:
        """Do it no more until it is resumed. Its reports stay.

        `POST /api/v1/recurring-research/{recurring}/pause`
        """
        answer: RecurringResearch = self._ask("POST", f"/api/v1/recurring-research/{part(recurring)}/pause")
        return answer

    def resume_recurring_research(self, recurring: str, /) -> RecurringResearch:
        """Do it again from its next time on. What passed meanwhile is not made up.

        `POST /api/v1/recurring-research/{recurring}/resume`
        """
        answer: RecurringResearch = self._ask("POST", f"/api/v1/recurring-research/{part(recurring)}/resume")
        return answer

    def list_own_projects(
        self, *, deleted: bool | None = None, limit: int | None = None, after: str | None = None
    ) -> ListOwnProjectsAnswer:
        """List the projects by name.

        `GET /api/v1/projects`
        """
        answer: ListOwnProjectsAnswer = self._ask(
            "GET", "/api/v1/projects", query={"deleted": deleted, "limit": limit, "after": after}
        )
        return answer

    def iterate_projects(self, *, deleted: bool | None = None, limit: int | None = None) -> Iterator[Project]:
        """Give all projects of `list_own_projects`, page after page."""
        return self._pages("/api/v1/projects", "projects", {"deleted": deleted, "limit": limit})

    def add_project(self, *, idempotency_key: str | None = None, **fields: Unpack[AddProject]) -> Project:
        """Keep a project, with a description or the URL of its page.

        `POST /api/v1/projects`
        """
        answer: Project = self._ask("POST", "/api/v1/projects", body=fields, idempotency_key=idempotency_key)
        return answer

    def get_project(self, project: str, /) -> Project:
        """Show a project.

        `GET /api/v1/projects/{project}`
        """
        answer: Project = self._ask("GET", f"/api/v1/projects/{part(project)}")
        return answer

    def edit_project(self, project: str, /, **fields: Unpack[EditProject]) -> Project:
        """Change a project; what is not named stays, and null empties a field.

        `PATCH /api/v1/projects/{project}`
        """
        answer: Project = self._ask("PATCH", f"/api/v1/projects/{part(project)}", body=fields)
        return answer

    def remove_project(self, project: str, /) -> Project:
        """Hide a project; templates that name it go on without it.

        `DELETE /api/v1/projects/{project}`
        """
        answer: Project = self._ask("DELETE", f"/api/v1/projects/{part(project)}")
        return answer

    def create_x_post(
        self,
        *,
        files: Mapping[str, Upload] | None = None,
        idempotency_key: str | None = None,
        **fields: Unpack[CreateXPost],
    ) -> Requested | Scheduled:
        """Create a post or a thread, once or as a template that recurs.

        `POST /x/post`
        """
        answer: Requested | Scheduled = self._ask(
            "POST", "/x/post", body=fields, files=files, idempotency_key=idempotency_key
        )
        return answer

    def create_x_post_quick(
        self,
        *,
        files: Mapping[str, Upload] | None = None,
        idempotency_key: str | None = None,
        **fields: Unpack[CreateXPostQuick],
    ) -> Requested | Scheduled:
        """Create a post or a thread from a query.

        `POST /x/post/quick`
        """
        answer: Requested | Scheduled = self._ask(
            "POST", "/x/post/quick", body=fields, files=files, idempotency_key=idempotency_key
        )
        return answer

    def refine_x_post(self, **fields: Unpack[RefineXPost]) -> RefineXPostAnswer:
        """Write a post anew as you ask, before it is out.

        `POST /x/refine`
        """
        answer: RefineXPostAnswer = self._ask("POST", "/x/refine", body=fields)
        return answer

    def list_x_posts(
        self,
        *,
        page: int | None = None,
        limit: int | None = None,
        schedule_id: str | None = None,
        request_id: str | None = None,
        status: Literal[
            "generated", "awaiting_approval", "publishing", "published", "failed", "unknown", "discarded", "deleted"
        ]
        | None = None,
        type_: Literal["tweet", "thread"] | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> ListXPostsAnswer:
        """List the posts, the newest request first and the parts of each in their order.

        `GET /x/posts`
        """
        answer: ListXPostsAnswer = self._ask(
            "GET",
            "/x/posts",
            query={
                "page": page,
                "limit": limit,
                "scheduleId": schedule_id,
                "requestId": request_id,
                "status": status,
                "type": type_,
                "since": since,
                "until": until,
            },
        )
        return answer

    def show_x_post(self, id_: str, /) -> ShowXPostAnswer:
        """Show one post.

        `GET /x/posts/{id}`
        """
        answer: ShowXPostAnswer = self._ask("GET", f"/x/posts/{part(id_)}")
        return answer

    def show_share_page(self, id_: str, day: str, /) -> str:
        """Show the public page of a post, or of its thread.

        `GET /share/podcast/{id}/{day}`
        """
        return self._send("GET", f"/share/podcast/{part(id_)}/{part(day)}").text

    def list_x_recurring(self, *, include_deleted: bool | None = None) -> ListXRecurringAnswer:
        """List the templates that recur.

        `GET /x/recurring`
        """
        answer: ListXRecurringAnswer = self._ask("GET", "/x/recurring", query={"includeDeleted": include_deleted})
        return answer

    def change_x_recurring(self, id_: str, /, **fields: Unpack[ChangeXRecurring]) -> ChangeXRecurringAnswer:
        """Change a template that recurs, pause it or let it go on.

        `POST /x/recurring/{id}`
        """
        answer: ChangeXRecurringAnswer = self._ask("POST", f"/x/recurring/{part(id_)}", body=fields)
        return answer

    def show_content_status(self, id_: str, /) -> ShowContentStatusAnswer:
        """Show how far a request is: 0 queued, 5 to 90 at work, 100 done; error_code tells a failure.

        `GET /content/Status/{id}`
        """
        answer: ShowContentStatusAnswer = self._ask("GET", f"/content/Status/{part(id_)}")
        return answer

    def create_content_webhook(
        self, *, idempotency_key: str | None = None, **fields: Unpack[CreateContentWebhook]
    ) -> CreateContentWebhookAnswer:
        """Tell a URL how every request ends.

        `POST /content/Webhook`
        """
        answer: CreateContentWebhookAnswer = self._ask(
            "POST", "/content/Webhook", body=fields, idempotency_key=idempotency_key
        )
        return answer

    def list_content_webhooks(self) -> list[ListContentWebhooksAnswer]:
        """List the URLs that are told how requests end.

        `GET /content/Webhooks`
        """
        answer: list[ListContentWebhooksAnswer] = self._ask("GET", "/content/Webhooks")
        return answer

    def remove_content_webhook(self, **fields: Unpack[RemoveContentWebhook]) -> RemoveContentWebhookAnswer:
        """Tell a URL nothing more.

        `POST /content/RemoveWebhook`
        """
        answer: RemoveContentWebhookAnswer = self._ask("POST", "/content/RemoveWebhook", body=fields)
        return answer

    def delete_content_request(self, **fields: Unpack[RemoveContentWebhook]) -> RemoveContentWebhookAnswer:
        """Let a request post nothing, where nothing of it is out.

        `POST /content/DeleteRequest`
        """
        answer: RemoveContentWebhookAnswer = self._ask("POST", "/content/DeleteRequest", body=fields)
        return answer

    def show_content_usage(self, *, schedule_id: str | None = None) -> ShowContentUsageAnswer:
        """Show what was posted and paid today and this month, and how much of it is allowed.

        `GET /content/Usage`
        """
        answer: ShowContentUsageAnswer = self._ask("GET", "/content/Usage", query={"scheduleId": schedule_id})
        return answer

    def list_feeds(self) -> list[ListFeedsAnswer]:
        """List the feeds.

        `GET /feeds`
        """
        answer: list[ListFeedsAnswer] = self._ask("GET", "/feeds")
        return answer

    def create_feed(self, *, idempotency_key: str | None = None, **fields: Unpack[CreateFeed]) -> CreateFeedAnswer:
        """Add a feed by its kind and id: 2 a subreddit, 3 a YouTube channel, 4 the URL of an RSS or Atom feed.

        `POST /feeds`
        """
        answer: CreateFeedAnswer = self._ask("POST", "/feeds", body=fields, idempotency_key=idempotency_key)
        return answer

    def show_feed(self, id_: str, /) -> ListFeedsAnswer:
        """Show a feed.

        `GET /feeds/{id}`
        """
        answer: ListFeedsAnswer = self._ask("GET", f"/feeds/{part(id_)}")
        return answer

    def rename_feed(self, id_: str, /, **fields: Unpack[RenameFeed]) -> RenameFeedAnswer:
        """Give a feed another name.

        `POST /feeds/{id}`
        """
        answer: RenameFeedAnswer = self._ask("POST", f"/feeds/{part(id_)}", body=fields)
        return answer

    def delete_feed(self, **fields: Unpack[DeleteFeed]) -> DeleteFeedAnswer:
        """Remove a feed that no template reads.

        `POST /feeds/delete`
        """
        answer: DeleteFeedAnswer = self._ask("POST", "/feeds/delete", body=fields)
        return answer

    def list_feed_subscriptions(self, *, include_removed: bool | None = None) -> list[ListFeedSubscriptionsAnswer]:
        """List which templates were subscribed to which feeds.

        `GET /feeds/subscriptions`
        """
        answer: list[ListFeedSubscriptionsAnswer] = self._ask(
            "GET", "/feeds/subscriptions", query={"includeRemoved": include_removed}
        )
        return answer

    def subscribe_feed(
        self, *, idempotency_key: str | None = None, **fields: Unpack[SubscribeFeed]
    ) -> ListFeedSubscriptionsAnswer:
        """Let a template that recurs write from each entry that comes in a feed.

        `POST /feeds/subscriptions`
        """
        answer: ListFeedSubscriptionsAnswer = self._ask(
            "POST", "/feeds/subscriptions", body=fields, idempotency_key=idempotency_key
        )
        return answer

    def unsubscribe_feed(self, id_: str, /) -> DeleteFeedAnswer:
        """Let a template read a feed no more.

        `DELETE /feeds/subscriptions/{id}`
        """
        answer: DeleteFeedAnswer = self._ask("DELETE", f"/feeds/subscriptions/{part(id_)}")
        return answer

    def start_deep_research(
        self, *, idempotency_key: str | None = None, **fields: Unpack[StartDeepResearch]
    ) -> Requested | StartDeepResearchAnswer2:
        """Have a topic looked up, once or again and again.

        `POST /deep-research/research`
        """
        answer: Requested | StartDeepResearchAnswer2 = self._ask(
            "POST", "/deep-research/research", body=fields, idempotency_key=idempotency_key
        )
        return answer

    def list_deep_research(self) -> list[ListDeepResearchAnswer]:
        """List what was looked up and what recurs, the newest first.

        `GET /deep-research/research`
        """
        answer: list[ListDeepResearchAnswer] = self._ask("GET", "/deep-research/research")
        return answer

    def show_deep_research(self, id_: str, /) -> ShowDeepResearchAnswer:
        """Show one with its report.

        `GET /deep-research/research/{id}`
        """
        answer: ShowDeepResearchAnswer = self._ask("GET", f"/deep-research/research/{part(id_)}")
        return answer

    def list_recurring_deep_research(self) -> ListRecurringDeepResearchAnswer:
        """List the researches that recur.

        `GET /deep-research/recurring`
        """
        answer: ListRecurringDeepResearchAnswer = self._ask("GET", "/deep-research/recurring")
        return answer

    def change_recurring_deep_research(
        self, id_: str, /, **fields: Unpack[ChangeRecurringDeepResearch]
    ) -> ChangeRecurringDeepResearchAnswer:
        """Change a research that recurs, pause it or let it go on.

        `POST /deep-research/recurring/{id}`
        """
        answer: ChangeRecurringDeepResearchAnswer = self._ask(
            "POST", f"/deep-research/recurring/{part(id_)}", body=fields
        )
        return answer

    def list_projects(self) -> list[ListProjectsAnswer]:
        """List the projects, the one that was changed last first.

        `GET /projects`
        """
        answer: list[ListProjectsAnswer] = self._ask("GET", "/projects")
        return answer

    def create_project(
        self, *, idempotency_key: str | None = None, **fields: Unpack[CreateProject]
    ) -> CreateProjectAnswer:
        """Keep a project, with a description or the URL of its page.

        `POST /projects`
        """
        answer: CreateProjectAnswer = self._ask("POST", "/projects", body=fields, idempotency_key=idempotency_key)
        return answer

    def show_project(self, id_: str, /) -> ListProjectsAnswer:
        """Show a project.

        `GET /projects/{id}`
        """
        answer: ListProjectsAnswer = self._ask("GET", f"/projects/{part(id_)}")
        return answer

    def change_project(self, id_: str, /, **fields: Unpack[CreateProject]) -> CreateProjectAnswer:
        """Change a project.

        `POST /projects/{id}/update`
        """
        answer: CreateProjectAnswer = self._ask("POST", f"/projects/{part(id_)}/update", body=fields)
        return answer

    def delete_project(self, id_: str, /) -> DeleteFeedAnswer:
        """Hide a project; templates that name it go on without it.

        `POST /projects/{id}/delete`
        """
        answer: DeleteFeedAnswer = self._ask("POST", f"/projects/{part(id_)}/delete")
        return answer

    def show_file(self, id_: str, /) -> bytes:
        """Fetch a picture or a sound by its address.

        `GET /files/{id}`
        """
        return self._send("GET", f"/files/{part(id_)}").content

    def list_tokens(self) -> Tokens:
        """List the tokens of the caller's owner, revoked ones too.

        `GET /api/v1/tokens`
        """
        answer: Tokens = self._ask("GET", "/api/v1/tokens")
        return answer

    def create_token(self, *, idempotency_key: str | None = None, **fields: Unpack[CreateToken]) -> CreateTokenAnswer:
        """Make a token for the caller's owner; it is shown this once.

        `POST /api/v1/tokens`
        """
        answer: CreateTokenAnswer = self._ask("POST", "/api/v1/tokens", body=fields, idempotency_key=idempotency_key)
        return answer

    def get_token(self, token: str, /) -> Token:
        """Show a token: what it allows, and when it was used last.

        `GET /api/v1/tokens/{token}`
        """
        answer: Token = self._ask("GET", f"/api/v1/tokens/{part(token)}")
        return answer

    def revoke_token(self, token: str, /) -> Token:
        """Let a token open nothing any more.

        `DELETE /api/v1/tokens/{token}`
        """
        answer: Token = self._ask("DELETE", f"/api/v1/tokens/{part(token)}")
        return answer

    def health(self) -> HealthAnswer:
        """Say whether all is well: 200 while it is, 503 when a check is red.

        `GET /healthz`
        """
        answer: HealthAnswer = self._ask("GET", "/healthz")
        return answer

    def metrics(self) -> str:
        """Give the daemon's numbers to Prometheus.

        `GET /metrics`
        """
        return self._send("GET", "/metrics").text

    def get_schema(self, kind: str, /) -> dict[str, Any]:
        """Give the JSON Schema of a template file, an event, what commands print, or a question and its answer.

        `GET /api/v1/schemas/{kind}`
        """
        answer: dict[str, Any] = self._ask("GET", f"/api/v1/schemas/{part(kind)}")
        return answer

    def openapi(self) -> dict[str, Any]:
        """Give this document: OpenAPI 3.1.

        `GET /openapi.json`
        """
        answer: dict[str, Any] = self._ask("GET", "/openapi.json")
        return answer

    def docs(self) -> str:
        """Show the reference as a page.

        `GET /docs`
        """
        return self._send("GET", "/docs").text
