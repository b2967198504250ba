"""What the API takes and answers. Written by `python -m web.client_source`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Template(TypedDict):
    id: str
    name: str
    account: str
    type: Literal["tweet", "thread"]
    schedule: dict[str, Any]
    status: Literal["active", "paused", "ended", "deleted"]
    next_slot_at: str | None
    last_run_at: str | None
    pause_reason: str | None
    pause_note: str | None
    created_at: str
    updated_at: str
    deleted_at: str | None


class ListTemplatesAnswer(TypedDict):
    templates: list[Template]
    next: str | None


class CreateTemplateAnswer(TypedDict):
    id: str
    name: str
    account: str
    type: Literal["tweet", "thread"]
    schedule: dict[str, Any]
    status: Literal["active", "paused", "ended", "deleted"]
    next_slot_at: str | None
    last_run_at: str | None
    pause_reason: str | None
    pause_note: str | None
    created_at: str
    updated_at: str
    deleted_at: str | None
    callback_secret: str | None
    pre_publish_secret: str | None


class CreateTemplateAudio(TypedDict):
    file: NotRequired[str | None]
    url: NotRequired[str | None]


class CreateTemplateBudget(TypedDict):
    day: NotRequired[float | str | None]
    month: NotRequired[float | str | None]
    run: NotRequired[float | str | None]


class CreateTemplateCountdown(TypedDict):
    days: NotRequired[int | None]
    say: str | list[str] | None
    to: str | None
    today: NotRequired[str | None]
    tomorrow: NotRequired[str | None]


class CreateTemplateCsv(TypedDict):
    decimal: NotRequired[Literal[".", ","] | None]
    newest: NotRequired[Literal["last", "first"] | None]
    say: NotRequired[str | None]
    url: str | None


class CreateTemplateFeeds(TypedDict):
    backlog: NotRequired[Literal["none", "latest", "all"] | None]
    url: NotRequired[str | None]


class CreateTemplateImage(TypedDict):
    alt: NotRequired[str | None]
    attach: NotRequired[bool | None]
    file: NotRequired[str | None]
    url: NotRequired[str | None]


class CreateTemplatePicture(TypedDict):
    alt: NotRequired[str | None]
    file: NotRequired[str | None]
    url: NotRequired[str | None]


class CreateTemplatePrePublish(TypedDict):
    default: NotRequired[Literal["post", "drop"] | None]
    url: str | None
    within: NotRequired[str | None]


class CreateTemplateRoundup(TypedDict):
    at_least: NotRequired[int | None]
    entries: NotRequired[int | None]
    opening: NotRequired[str | None]


class CreateTemplateSchedule(TypedDict):
    cron: NotRequired[str | None]
    exclude_dates: NotRequired[list[str] | None]
    grace: NotRequired[str | None]
    jitter: NotRequired[str | None]
    max_runs: NotRequired[int | None]
    missed: NotRequired[Literal["skip", "latest", "spread"] | None]
    months: NotRequired[str | list[str] | None]
    overlap: NotRequired[Literal["skip", "queue"] | None]
    quiet_hours: NotRequired[list[str] | None]
    rrule: NotRequired[str | None]
    spread_gap: NotRequired[str | None]
    times: NotRequired[list[str] | None]
    timezone: NotRequired[str | None]
    weekdays: NotRequired[str | list[str] | None]
    window: NotRequired[str | None]


class CreateTemplateStyle(TypedDict):
    samples: NotRequired[list[str] | None]
    username: NotRequired[str | None]


class CreateTemplate(TypedDict):
    account: str | None
    approval: NotRequired[Literal["auto", "approve", "shadow"] | None]
    approve_default: NotRequired[Literal["post", "drop"] | None]
    approve_within: NotRequired[str | None]
    audio: NotRequired[str | CreateTemplateAudio | list[str | CreateTemplateAudio] | None]
    audio_url: NotRequired[str | None]
    budget: NotRequired[CreateTemplateBudget | None]
    callback_data: NotRequired[str | None]
    callback_url: NotRequired[str | None]
    charts: NotRequired[Literal["none", "auto"] | None]
    count: NotRequired[int | None]
    countdown: NotRequired[CreateTemplateCountdown | None]
    csv: NotRequired[str | CreateTemplateCsv | None]
    daily_count: NotRequired[int | None]
    deep_research: NotRequired[bool | None]
    deep_research_ids: NotRequired[list[str] | None]
    feed_ids: NotRequired[list[int] | None]
    feeds: NotRequired[list[str | CreateTemplateFeeds] | None]
    freshness: NotRequired[str | None]
    goal: NotRequired[Literal["engagement", "followers", "authority", "conversation"] | None]
    image: NotRequired[str | CreateTemplateImage | None]
    image_url: NotRequired[str | None]
    is_active: NotRequired[bool | None]
    is_scheduled: NotRequired[Literal[True] | None]
    link: NotRequired[bool | None]
    made_with_ai: NotRequired[Literal["model", "always", "never"] | None]
    maximum_drafts: NotRequired[int | None]
    minimum_score: NotRequired[int | None]
    name: str | None
    on_partial: NotRequired[Literal["leave", "delete"] | None]
    picture: NotRequired[str | CreateTemplatePicture | None]
    picture_required: NotRequired[bool | None]
    pre_publish: NotRequired[str | CreateTemplatePrePublish | None]
    project_ids: NotRequired[list[str] | None]
    projects: NotRequired[list[str] | None]
    prompt: NotRequired[str | None]
    prompt_audio: NotRequired[str | CreateTemplateAudio | None]
    prompt_audio_url: NotRequired[str | None]
    repeat_after: NotRequired[int | None]
    research: NotRequired[list[str] | None]
    roundup: NotRequired[CreateTemplateRoundup | None]
    schedule: NotRequired[CreateTemplateSchedule | None]
    schedule_end_date: NotRequired[str | None]
    style: NotRequired[str | CreateTemplateStyle | None]
    text: NotRequired[str | None]
    tips: NotRequired[str | list[str] | None]
    tweet_style: NotRequired[Literal["OneLiner", "Paragraphs", "Explainer"] | None]
    type: Literal["tweet", "thread"] | None
    url: NotRequired[str | None]
    urls: NotRequired[list[str] | None]


class ReplaceTemplateAnswerFields(TypedDict):
    field: str
    old: Any
    new: Any


class ReplaceTemplateAnswer(TypedDict):
    id: str
    name: str
    account: str
    type: Literal["tweet", "thread"]
    schedule: dict[str, Any]
    status: Literal["active", "paused", "ended", "deleted"]
    next_slot_at: str | None
    last_run_at: str | None
    pause_reason: str | None
    pause_note: str | None
    created_at: str
    updated_at: str
    deleted_at: str | None
    fields: list[ReplaceTemplateAnswerFields]
    slots: dict[str, Any]


class EditTemplate(TypedDict):
    account: NotRequired[str | None]
    approval: NotRequired[Literal["auto", "approve", "shadow"] | None]
    approve_default: NotRequired[Literal["post", "drop"] | None]
    approve_within: NotRequired[str | None]
    audio: NotRequired[str | CreateTemplateAudio | list[str | CreateTemplateAudio] | None]
    audio_url: NotRequired[str | None]
    budget: NotRequired[CreateTemplateBudget | None]
    callback_data: NotRequired[str | None]
    callback_url: NotRequired[str | None]
    charts: NotRequired[Literal["none", "auto"] | None]
    count: NotRequired[int | None]
    countdown: NotRequired[CreateTemplateCountdown | None]
    csv: NotRequired[str | CreateTemplateCsv | None]
    daily_count: NotRequired[int | None]
    deep_research: NotRequired[bool | None]
    deep_research_ids: NotRequired[list[str] | None]
    feed_ids: NotRequired[list[int] | None]
    feeds: NotRequired[list[str | CreateTemplateFeeds] | None]
    freshness: NotRequired[str | None]
    goal: NotRequired[Literal["engagement", "followers", "authority", "conversation"] | None]
    image: NotRequired[str | CreateTemplateImage | None]
    image_url: NotRequired[str | None]
    is_active: NotRequired[bool | None]
    is_scheduled: NotRequired[Literal[True] | None]
    link: NotRequired[bool | None]
    made_with_ai: NotRequired[Literal["model", "always", "never"] | None]
    maximum_drafts: NotRequired[int | None]
    minimum_score: NotRequired[int | None]
    name: NotRequired[str | None]
    on_partial: NotRequired[Literal["leave", "delete"] | None]
    picture: NotRequired[str | CreateTemplatePicture | None]
    picture_required: NotRequired[bool | None]
    pre_publish: NotRequired[str | CreateTemplatePrePublish | None]
    project_ids: NotRequired[list[str] | None]
    projects: NotRequired[list[str] | None]
    prompt: NotRequired[str | None]
    prompt_audio: NotRequired[str | CreateTemplateAudio | None]
    prompt_audio_url: NotRequired[str | None]
    repeat_after: NotRequired[int | None]
    research: NotRequired[list[str] | None]
    roundup: NotRequired[CreateTemplateRoundup | None]
    schedule: NotRequired[CreateTemplateSchedule | None]
    schedule_end_date: NotRequired[str | None]
    style: NotRequired[str | CreateTemplateStyle | None]
    text: NotRequired[str | None]
    tips: NotRequired[str | list[str] | None]
    tweet_style: NotRequired[Literal["OneLiner", "Paragraphs", "Explainer"] | None]
    type: NotRequired[Literal["tweet", "thread"] | None]
    url: NotRequired[str | None]
    urls: NotRequired[list[str] | None]


class DeleteTemplateAnswer(TypedDict):
    id: str
    name: str
    account: str
    type: Literal["tweet", "thread"]
    schedule: dict[str, Any]
    status: Literal["active", "paused", "ended", "deleted"]
    next_slot_at: str | None
    last_run_at: str | None
    pause_reason: str | None
    pause_note: str | None
    created_at: str
    updated_at: str
    deleted_at: str | None
    cancelled_runs: int
    runs_going_on: int


class Run(TypedDict):
    id: str
    template: str
    template_id: str
    account: str
    slot_at: str
    due_at: str
    trigger: Literal["schedule", "request"]
    retry_of: str | None
    status: Literal["queued", "working", "held", "unknown", "posted", "partial", "skipped", "failed"]
    reason: str | None
    sentence: str
    detail: str | None
    verdict: Literal["approved", "rejected"] | None
    approved_revision: str | None
    decide_by: str | None
    not_before: str | None
    started_at: str | None
    finished_at: str | None


class PauseTemplate(TypedDict):
    reason: NotRequired[str | None]


class PauseAllAnswer(TypedDict):
    templates: list[DeleteTemplateAnswer]


class ResumeAllAnswerRefused(TypedDict):
    template: str
    reason: str


class ResumeAllAnswer(TypedDict):
    templates: list[Template]
    refused: list[ResumeAllAnswerRefused]


class PreviewTemplateAnswerSlots(TypedDict):
    at: str
    due_at: str
    nominal: str
    note: str | None
    reason: str | None


class PreviewTemplateAnswer(TypedDict):
    template: str
    slots: list[PreviewTemplateAnswerSlots]


class SkipSlot(TypedDict):
    at: str


class MoveSlot(TypedDict):
    at: str
    to: str


class BackfillSlotsAnswer(TypedDict):
    template: str
    slots: list[str]


BackfillSlots = TypedDict(
    "BackfillSlots",
    {
        "from": str,
        "to": str,
    },
)


class ExplainSlotAnswer(TypedDict):
    answers: list[dict[str, Any]]


class ListRunsAnswer(TypedDict):
    runs: list[Run]
    next: str | None


class PostPicturesNumbersRows(TypedDict):
    label: str
    value: str
    shown: str


class PostPicturesNumbers(TypedDict):
    title: str
    measure: str
    unit: str
    rows: list[PostPicturesNumbersRows]
    table: list[list[str]]
    material_id: str


class PostPictures(TypedDict):
    kind: Literal["image", "bar_chart", "data_table"]
    alt: str
    file: str | None
    url: str | None
    numbers: PostPicturesNumbers | None


class Post(TypedDict):
    id: str
    run_id: str
    template_id: str
    account: str
    group: int
    part: int
    text: str
    status: Literal[
        "generated", "awaiting_approval", "publishing", "published", "failed", "unknown", "discarded", "deleted"
    ]
    tweet_id: str | None
    url: str | None
    error: str | None
    draft_id: str | None
    pictures: list[PostPictures]
    created_at: str
    published_at: str | None


class GetRunAnswerCostPayments(TypedDict):
    kind: str
    state: str
    amount_micros: int
    detail: str | None
    at: str
    settled_at: str | None


class GetRunAnswerCost(TypedDict):
    spent_micros: int
    reserved_micros: int
    payments: list[GetRunAnswerCostPayments]


class GetRunAnswer(TypedDict):
    id: str
    template: str
    template_id: str
    account: str
    slot_at: str
    due_at: str
    trigger: Literal["schedule", "request"]
    retry_of: str | None
    status: Literal["queued", "working", "held", "unknown", "posted", "partial", "skipped", "failed"]
    reason: str | None
    sentence: str
    detail: str | None
    verdict: Literal["approved", "rejected"] | None
    approved_revision: str | None
    decide_by: str | None
    not_before: str | None
    started_at: str | None
    finished_at: str | None
    revision: str | None
    question: dict[str, Any] | None
    posts: list[Post]
    cost: GetRunAnswerCost


class Link(TypedDict):
    step: str
    effect: Literal["passed", "changed", "stopped", "waits", "expected", "not_reached", "not_known"]
    said: str
    reason: str | None
    at: str | None


class Material(TypedDict):
    id: str
    kind: Literal["resource", "feed-item", "text", "audio", "image", "spoken-hints", "deep-research"]
    title: str | None
    url: str | None
    characters: int
    text: str


class Segment(TypedDict):
    kind: Literal["title", "extract", "trimmed", "written", "template", "hashtag", "emoji", "link"]
    text: str
    material_id: str | None


class DraftParts(TypedDict):
    text: str
    segments: list[Segment]


class ScoreChecks(TypedDict):
    factor: str
    passed: bool


class Score(TypedDict):
    value: int
    scored_by: str
    checks: list[ScoreChecks]


class Draft(TypedDict):
    id: str
    chosen: bool
    engine: str
    parts: list[DraftParts]
    material_ids: list[str]
    score: Score | None


class PublicationPicture(TypedDict):
    media_id: str
    media_url: str | None
    alt: str
    uploaded_at: str


class Publication(TypedDict):
    id: str
    group: int
    part: int
    attempt: int
    idempotency_key: str
    outcome: Literal["confirmed", "refused", "deferred", "unknown"] | None
    tweet_id: str | None
    reason: str | None
    intended_at: str
    settled_at: str | None
    settled_by: str | None
    made_with_ai: bool
    picture: PublicationPicture | None
    asks: int
    next_ask_at: str | None


class WhyRun(TypedDict):
    kind: Literal["run"]
    id: str
    template: str
    slot_at: str
    status: Literal["queued", "working", "held", "unknown", "posted", "partial", "skipped", "failed"]
    reason: str | None
    sentence: str
    chain: list[Link]
    material: list[Material]
    drafts: list[Draft]
    posts: list[Post]
    publications: list[Publication]
    callbacks: list[dict[str, Any]]


class ApproveRunTexts(TypedDict):
    post: str | int
    text: str


class ApproveRun(TypedDict):
    note: NotRequired[str | None]
    revision: NotRequired[str | None]
    texts: NotRequired[list[str | ApproveRunTexts | None] | None]


class RejectRun(TypedDict):
    note: NotRequired[str | None]
    revision: NotRequired[str | None]


class CancelRunAnswer(TypedDict):
    id: str
    template: str
    template_id: str
    account: str
    slot_at: str
    due_at: str
    trigger: Literal["schedule", "request"]
    retry_of: str | None
    status: Literal["queued", "working", "held", "unknown", "posted", "partial", "skipped", "failed"]
    reason: str | None
    sentence: str
    detail: str | None
    verdict: Literal["approved", "rejected"] | None
    approved_revision: str | None
    decide_by: str | None
    not_before: str | None
    started_at: str | None
    finished_at: str | None
    answer: Literal["cancelled"]
    publication: None


class CancelRun(TypedDict):
    note: NotRequired[str | None]


class ListPostsAnswer(TypedDict):
    posts: list[Post]
    next: str | None


class GetPostAnswerSegments(TypedDict):
    kind: Literal["title", "extract", "trimmed", "written", "template", "hashtag", "emoji", "link"]
    text: str
    material_id: str | None
    field: str | None
    spans: list[list[int]]
    title: str | None
    url: str | None
    excerpt: str | None


class GetPostAnswer(TypedDict):
    id: str
    run_id: str
    template_id: str
    account: str
    group: int
    part: int
    text: str
    status: Literal[
        "generated", "awaiting_approval", "publishing", "published", "failed", "unknown", "discarded", "deleted"
    ]
    tweet_id: str | None
    url: str | None
    error: str | None
    draft_id: str | None
    pictures: list[PostPictures]
    created_at: str
    published_at: str | None
    template: str
    segments: list[GetPostAnswerSegments]
    publications: list[Publication]


class DeletePostAnswer(TypedDict):
    deleted: list[Post]
    left: list[Post]
    error: str | None
    unclear: bool


class SettlePost(TypedDict):
    tweet: NotRequired[str | None]
    not_posted: NotRequired[bool | None]
    note: NotRequired[str | None]
    force: NotRequired[bool | None]


class SampleTemplateAnswerRejected(TypedDict):
    reference: str
    reason: str


class SampleTemplateAnswer(TypedDict):
    material: list[Material]
    rejected: list[SampleTemplateAnswerRejected]
    drafts: list[Draft]
    choice_reason: str


class Event(TypedDict):
    id: str
    type: str
    created_at: str
    template_id: str | None
    run_id: str | None
    sequence: int
    data: dict[str, Any]


class ListEventsAnswer(TypedDict):
    events: list[Event]
    next: str


PlanAnswer = TypedDict(
    "PlanAnswer",
    {
        "from": str,
        "until": str,
        "totals": dict[str, Any],
        "days": list[dict[str, Any]],
        "templates": list[dict[str, Any]],
        "forecast": dict[str, Any],
    },
)


ComparePlanAnswerTemplatesMoved = TypedDict(
    "ComparePlanAnswerTemplatesMoved",
    {
        "from": str,
        "to": str,
    },
)


class ComparePlanAnswerTemplates(TypedDict):
    name: str
    kept: int
    moved: list[ComparePlanAnswerTemplatesMoved]
    added: list[str]
    dropped: list[str]


class ComparePlanAnswerChanges(TypedDict):
    name: str
    id: str
    action: Literal["created", "changed", "adopted", "unchanged", "resumed", "paused", "deleted", "kept"]
    file: str | None
    fields: list[ReplaceTemplateAnswerFields]
    status: Literal["active", "paused", "ended", "deleted"]
    next_slot_at: str | None
    callback_secret: str | None
    pre_publish_secret: str | None


class ComparePlanAnswerTotals(TypedDict):
    created: int
    changed: int
    adopted: int
    unchanged: int
    resumed: int
    paused: int
    deleted: int
    kept: int


ComparePlanAnswer = TypedDict(
    "ComparePlanAnswer",
    {
        "from": str,
        "until": str,
        "templates": list[ComparePlanAnswerTemplates],
        "changes": list[ComparePlanAnswerChanges],
        "totals": ComparePlanAnswerTotals,
    },
)


ComparePlan = TypedDict(
    "ComparePlan",
    {
        "as": str,
        "prune": NotRequired[Literal["pause", "delete", "keep"] | None],
        "templates": list[dict[str, Any]],
        "days": NotRequired[int | None],
    },
)


class ApplyTemplatesAnswer(TypedDict):
    templates: list[ComparePlanAnswerChanges]
    totals: ComparePlanAnswerTotals


ApplyTemplates = TypedDict(
    "ApplyTemplates",
    {
        "as": str,
        "prune": NotRequired[Literal["pause", "delete", "keep"] | None],
        "templates": list[dict[str, Any]],
    },
)


class ExportTemplatesAnswerFiles(TypedDict):
    file: str
    text: str


class ExportTemplatesAnswer(TypedDict):
    templates: list[dict[str, Any]]
    files: list[ExportTemplatesAnswerFiles]


class File(TypedDict):
    id: str
    name: str
    media_type: str
    size: int
    digest: str
    created_at: str
    needed: bool


class ListFilesAnswer(TypedDict):
    files: list[File]
    next: str | None


class ScoreTextAnswerChecks(TypedDict):
    factor: str
    passed: bool
    suggestion: str | None


class ScoreTextAnswer(TypedDict):
    value: int
    scored_by: str
    checks: list[ScoreTextAnswerChecks]
    part: int | None
    top_suggestion: str | None


class ScoreText(TypedDict):
    text: str
    media: NotRequired[bool | None]
    local: NotRequired[bool | None]


class StatusAnswerUnreadTimelines(TypedDict):
    account: str
    since: str
    next_at: str | None
    tries: int
    last_error: str | None


class StatusAnswer(TypedDict):
    daemon: Literal["running", "stopped"]
    daemons: dict[str, Any]
    missing_role: str | None
    sandbox: str | None
    templates: dict[str, Any]
    runs: dict[str, Any]
    unknown_outcomes: int
    next_slot_at: str | None
    overdue: bool
    unread_timelines: list[StatusAnswerUnreadTimelines]
    dead_deliveries: int
    unread_failures: list[Event]
    acknowledged: int
    failed: bool


class AcknowledgeFailures(TypedDict):
    up_to: str


class ListWebhooksAnswerWebhooks(TypedDict):
    id: str
    channel: Literal["http", "command", "hook"]
    url: str
    template: str | None
    active: bool
    gets: Literal["events", "questions"]
    events: list[str] | None
    compatible: bool
    inactive_reason: str | None
    created_at: str


class ListWebhooksAnswer(TypedDict):
    webhooks: list[ListWebhooksAnswerWebhooks]
    next: str | None


class CreateWebhookAnswer(TypedDict):
    id: str
    channel: Literal["http", "command", "hook"]
    url: str
    template: str | None
    active: bool
    gets: Literal["events", "questions"]
    events: list[str] | None
    compatible: bool
    inactive_reason: str | None
    created_at: str
    secret: str


class CreateWebhook(TypedDict):
    url: str
    events: NotRequired[
        list[
            Literal[
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
        ]
        | None
    ]


class ChangeWebhook(TypedDict):
    url: NotRequired[str]
    events: NotRequired[
        list[
            Literal[
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
        ]
        | None
    ]
    active: NotRequired[bool]


class RotateWebhookSecretAnswer(TypedDict):
    id: str
    channel: Literal["http", "command", "hook"]
    url: str
    template: str | None
    active: bool
    gets: Literal["events", "questions"]
    events: list[str] | None
    compatible: bool
    inactive_reason: str | None
    created_at: str
    secret: str
    old_secret_until: str | None


class RotateWebhookSecret(TypedDict):
    at_once: NotRequired[bool]


class TestWebhookAnswer(TypedDict):
    webhook_id: str
    event_id: str
    accepted: bool
    status: int | None
    error: str | None
    duration_ms: int


class ListDeliveriesAnswerDeliveries(TypedDict):
    id: str
    webhook_id: str
    event_id: str
    event: str
    template_id: str | None
    run_id: str | None
    sequence: int
    status: Literal["pending", "delivered", "dead"]
    attempts: int
    next_attempt_at: str | None
    delivered_at: str | None
    last_status: int | None
    last_error: str | None
    waits_for_an_earlier_one: bool


class ListDeliveriesAnswer(TypedDict):
    deliveries: list[ListDeliveriesAnswerDeliveries]
    next: str | None


class RedeliverDeadAnswer(TypedDict):
    queued: int


class GetDeliveryAnswerTries(TypedDict):
    at: str
    ok: bool
    status: int | None
    error: str | None
    duration_ms: int


class GetDeliveryAnswer(TypedDict):
    id: str
    webhook_id: str
    event_id: str
    event: str
    template_id: str | None
    run_id: str | None
    sequence: int
    status: Literal["pending", "delivered", "dead"]
    attempts: int
    next_attempt_at: str | None
    delivered_at: str | None
    last_status: int | None
    last_error: str | None
    waits_for_an_earlier_one: bool
    tries: list[GetDeliveryAnswerTries]


class ListOwnFeedsAnswerFeeds(TypedDict):
    id: int
    url: str
    title: str
    name: str | None
    fetched_at: str | None
    failures: int
    last_error: str | None
    templates: list[str]


class ListOwnFeedsAnswer(TypedDict):
    feeds: list[ListOwnFeedsAnswerFeeds]
    next: str | None


class AddFeedAnswer(TypedDict):
    id: int
    url: str
    title: str
    name: str | None
    fetched_at: str | None
    failures: int
    last_error: str | None
    templates: list[str]
    entries: int | None


class AddFeed(TypedDict):
    url: str
    name: NotRequired[str | None]
    read: NotRequired[bool]


class NameFeed(TypedDict):
    name: str


class ListFeedEntriesAnswerEntriesUses(TypedDict):
    template: str
    status: str
    run_id: str | None
    at: str


class ListFeedEntriesAnswerEntries(TypedDict):
    id: int
    title: str
    url: str | None
    dated: str
    uses: list[ListFeedEntriesAnswerEntriesUses]


class ListFeedEntriesAnswer(TypedDict):
    entries: list[ListFeedEntriesAnswerEntries]
    next: str | None


class Style(TypedDict):
    name: str
    username: str | None
    count: int
    fetched_at: str | None


class ListStylesAnswer(TypedDict):
    styles: list[Style]
    next: str | None


class KeepStyleAnswer(TypedDict):
    name: str
    username: str | None
    count: int
    fetched_at: str | None
    samples: list[str]


class KeepStyle(TypedDict):
    username: NotRequired[str | None]
    name: NotRequired[str | None]
    samples: NotRequired[list[str] | None]


class CompareStylesAnswerStyles(TypedDict):
    name: str
    count: int
    fetched_at: str | None
    typical_length: int
    shortest: int
    longest: int
    with_links: int
    with_hashtags: int
    with_mentions: int
    questions: int
    several_lines: int
    words: list[str]


class CompareStylesAnswer(TypedDict):
    styles: list[CompareStylesAnswerStyles]


class ListCalendarsAnswerCalendars(TypedDict):
    url: str
    events: int
    templates: list[str]
    fetched_at: str
    tried_at: str
    failures: int
    last_error: str | None


class ListCalendarsAnswer(TypedDict):
    calendars: list[ListCalendarsAnswerCalendars]
    next: str | None


class RefreshCalendarsAnswer(TypedDict):
    read: list[str]
    failed: list[str]
    changed: list[str]


class RefreshCalendars(TypedDict):
    url: NotRequired[str | None]


class ListAccountsAnswerAccounts(TypedDict):
    id: str
    username: str
    display_name: str | None
    healthy: bool
    health: str
    gap: str


class ListAccountsAnswer(TypedDict):
    accounts: list[ListAccountsAnswerAccounts]


class GetAccountAnswerBudget(TypedDict):
    day: int | None
    month: int | None
    timezone: str


class GetAccountAnswer(TypedDict):
    account: str
    gap: str
    own: bool
    budget: GetAccountAnswerBudget | None
    templates: list[str]


class ChangeAccount(TypedDict):
    gap: NotRequired[str | None]


class SetAccountBudget(TypedDict):
    day: NotRequired[str | float | None]
    month: NotRequired[str | float | None]
    timezone: NotRequired[str | None]


class ResumeAccountAnswer(TypedDict):
    account: str
    since: str
    restored_at: str


ListBudgetsAnswerBudgets = TypedDict(
    "ListBudgetsAnswerBudgets",
    {
        "scope": Literal["run", "template", "account"],
        "name": str,
        "period": Literal["run", "day", "month"],
        "limit_micros": int | None,
        "spent_micros": int | None,
        "reserved_micros": int | None,
        "left_micros": int | None,
        "from": str | None,
        "until": str | None,
        "timezone": str,
    },
)


class ListBudgetsAnswer(TypedDict):
    budgets: list[ListBudgetsAnswerBudgets]
    next: str | None


class Research(TypedDict):
    id: str
    topic: str
    output: Literal["text", "json"]
    status: Literal["queued", "working", "done", "failed"]
    recurring_id: str | None
    run_id: str | None
    created_at: str
    finished_at: str | None
    attempts: int
    pages: int
    cost_micros: int
    failure: str | None
    callback_data: str | None


class ListResearchAnswer(TypedDict):
    research: list[Research]
    next: str | None


class StartResearch(TypedDict):
    topic: str
    feeds: NotRequired[list[str | int]]
    urls: NotRequired[list[str]]
    output: NotRequired[Literal["text", "json"]]
    callback_data: NotRequired[str | None]


class GetResearchAnswer(TypedDict):
    id: str
    topic: str
    output: Literal["text", "json"]
    status: Literal["queued", "working", "done", "failed"]
    recurring_id: str | None
    run_id: str | None
    created_at: str
    finished_at: str | None
    attempts: int
    pages: int
    cost_micros: int
    failure: str | None
    callback_data: str | None
    text: str | None
    report: dict[str, Any] | None
    rejected: list[dict[str, Any]]


class RecurringResearch(TypedDict):
    id: str
    topic: str
    output: Literal["text", "json"]
    status: Literal["active", "paused", "ended"]
    daily_count: int
    until: str | None
    next_at: str | None
    callback_data: str | None


class ListRecurringResearchAnswer(TypedDict):
    recurring: list[RecurringResearch]
    next: str | None


class RepeatResearch(TypedDict):
    topic: str
    feeds: NotRequired[list[str | int]]
    urls: NotRequired[list[str]]
    output: NotRequired[Literal["text", "json"]]
    callback_data: NotRequired[str | None]
    daily_count: NotRequired[int]
    until: NotRequired[str | None]


class GetRecurringResearchAnswer(TypedDict):
    id: str
    topic: str
    output: Literal["text", "json"]
    status: Literal["active", "paused", "ended"]
    daily_count: int
    until: str | None
    next_at: str | None
    callback_data: str | None
    research: list[Research]


class EditRecurringResearch(TypedDict):
    topic: NotRequired[str]
    daily_count: NotRequired[int]
    until: NotRequired[str | None]


class Project(TypedDict):
    id: str
    name: str
    description: str
    url: str | None
    image: str | None
    palette: dict[str, Any]
    deleted_at: str | None


class ListOwnProjectsAnswer(TypedDict):
    projects: list[Project]
    next: str | None


class AddProjectPalette(TypedDict):
    text: NotRequired[str | None]
    background: NotRequired[str | None]
    brand: NotRequired[str | None]
    accent: NotRequired[str | None]


class AddProject(TypedDict):
    name: str
    description: NotRequired[str | None]
    url: NotRequired[str | None]
    colours: NotRequired[list[str]]
    palette: NotRequired[AddProjectPalette]
    image: NotRequired[str | None]


class EditProject(TypedDict):
    name: NotRequired[str]
    description: NotRequired[str | None]
    url: NotRequired[str | None]
    colours: NotRequired[list[str]]
    palette: NotRequired[AddProjectPalette]
    image: NotRequired[str | None]


class Requested(TypedDict):
    request_id: str


class Scheduled(TypedDict):
    schedule_id: str
    message: str
    dailyCount: int
    endDate: str | None


class CreateXPost(TypedDict):
    type: Literal["tweet", "thread"]
    tweetStyle: NotRequired[Literal["OneLiner", "Paragraphs", "Explainer", ""] | None]
    count: NotRequired[int]
    deepResearch: NotRequired[bool]
    callbackData: NotRequired[str | None]
    isScheduled: NotRequired[bool]
    dailyCount: NotRequired[int]
    scheduleEndDate: NotRequired[str | None]
    account: NotRequired[str | None]
    approval: NotRequired[Literal["auto", "approve", "shadow", ""] | None]
    feedIds: NotRequired[list[int] | str | None]
    deepResearchIds: NotRequired[list[str] | str | None]
    projectIds: NotRequired[list[str] | str | None]
    audioUrl: NotRequired[str | None]
    promptAudioUrl: NotRequired[str | None]
    url: NotRequired[str | None]
    text: NotRequired[str | None]
    prompt: NotRequired[str | None]
    imageUrl: NotRequired[str | None]
    imageFile: NotRequired[str]


class CreateXPostQuick(TypedDict):
    type: Literal["tweet", "thread"]
    tweetStyle: NotRequired[Literal["OneLiner", "Paragraphs", "Explainer", ""] | None]
    count: NotRequired[int]
    deepResearch: NotRequired[bool]
    callbackData: NotRequired[str | None]
    isScheduled: NotRequired[bool]
    dailyCount: NotRequired[int]
    scheduleEndDate: NotRequired[str | None]
    account: NotRequired[str | None]
    approval: NotRequired[Literal["auto", "approve", "shadow", ""] | None]
    queryText: NotRequired[str | None]
    imageFile: NotRequired[str]


class RefineXPostAnswerPost(TypedDict):
    id: str
    requestId: str
    result: str
    type: Literal["tweet", "thread"]
    order: int
    createdOn: str
    tweetImageUrl: str | None
    dataTableImageUrl: str | None
    barChartImageUrl: str | None


class RefineXPostAnswer(TypedDict):
    success: bool
    post: RefineXPostAnswerPost
    notes: list[str]


class RefineXPost(TypedDict):
    tweetId: str
    prompt: NotRequired[str | None]
    promptAudioUrl: NotRequired[str | None]


class Source(TypedDict):
    type: Literal["feed-item", "feed", "resource", "deep-research"]
    sourceId: str | None
    reference: str | None
    description: str | None
    metadata: dict[str, Any] | None


class XPostData(TypedDict):
    title: str
    measure: str
    unit: str
    rows: list[PostPicturesNumbersRows]
    table: list[list[str]]


class XPost(TypedDict):
    id: str
    requestId: str
    result: str
    type: Literal["tweet", "thread"]
    order: int
    createdOn: str
    tweetImageUrl: str | None
    dataTableImageUrl: str | None
    barChartImageUrl: str | None
    sources: list[Source]
    shareUrl: str | None
    scheduleId: str | None
    groupId: str
    groupIndex: int
    status: Literal[
        "generated", "awaiting_approval", "publishing", "published", "failed", "unknown", "discarded", "deleted"
    ]
    tweetId: str | None
    tweetUrl: str | None
    publishedOn: str | None
    accountId: str
    tweetStyle: str | None
    error: str | None
    data: XPostData | None


class ListXPostsAnswer(TypedDict):
    posts: list[XPost]
    totalCount: NotRequired[int]
    page: NotRequired[int]
    pageSize: NotRequired[int]
    totalPages: NotRequired[int]


class ShowXPostAnswer(TypedDict):
    post: XPost


class XTemplateLastRun(TypedDict):
    id: str
    status: str
    error: str | None


class XTemplate(TypedDict):
    id: str
    type: Literal["tweet", "thread"]
    deletedOn: str | None
    feedIds: list[int]
    deepResearchIds: list[str]
    projectIds: list[str]
    audioUrl: str | None
    url: str | None
    text: str | None
    prompt: str | None
    imageUrl: str | None
    promptAudioUrl: str | None
    queryText: str | None
    queryAudioUrl: str | None
    fast: bool
    tweetStyle: str | None
    callbackData: str | None
    dailyCount: int
    scheduleEndDate: str | None
    lastRunAt: str | None
    nextRunAt: str | None
    createdOn: str
    isActive: bool
    count: int
    deepResearch: bool
    status: Literal["active", "paused", "ended", "deleted"]
    pauseReason: str | None
    pauseNote: str | None
    lastRun: XTemplateLastRun | None
    name: str
    accountId: str
    approval: Literal["auto", "approve", "shadow"]
    schedule: dict[str, Any] | None


class ListXRecurringAnswer(TypedDict):
    success: bool
    templates: list[XTemplate]


class ChangeXRecurringAnswer(TypedDict):
    success: bool
    message: str
    template: XTemplate


class ChangeXRecurring(TypedDict):
    prompt: NotRequired[str | None]
    dailyCount: NotRequired[int]
    scheduleEndDate: NotRequired[str | None]
    isActive: NotRequired[bool]
    feedIds: NotRequired[list[int] | None]
    deepResearchIds: NotRequired[list[str] | None]
    type: NotRequired[Literal["tweet", "thread"]]
    tweetStyle: NotRequired[Literal["OneLiner", "Paragraphs", "Explainer", ""] | None]
    count: NotRequired[int]
    text: NotRequired[str | None]
    queryText: NotRequired[str | None]
    url: NotRequired[str | None]
    audioUrl: NotRequired[str | None]
    imageUrl: NotRequired[str | None]
    promptAudioUrl: NotRequired[str | None]
    deepResearch: NotRequired[bool]
    projectIds: NotRequired[list[str] | None]
    callbackData: NotRequired[str | None]
    account: NotRequired[str]
    approval: NotRequired[Literal["auto", "approve", "shadow"]]
    schedule: NotRequired[dict[str, Any]]


class ShowContentStatusAnswer(TypedDict):
    id: str
    request_id: str
    requestId: str
    schedule_id: str | None
    request_type: str
    status: int
    requested_on: str
    updated_on: str
    error_on: str | None
    error_code: int
    errorCode: int
    error_message: str | None
    reason: str | None
    callback_data: str | None
    callbackData: str | None
    response_text: str | None
    share_url: str | None
    notes: list[str]
    posts: list[XPost]


class CreateContentWebhookAnswer(TypedDict):
    id: str
    url: str
    active: bool
    createdOn: str
    secret: str


class CreateContentWebhook(TypedDict):
    url: str


class ListContentWebhooksAnswer(TypedDict):
    id: str
    url: str
    active: bool
    createdOn: str


class RemoveContentWebhookAnswer(TypedDict):
    success: bool


class RemoveContentWebhook(TypedDict):
    id: str


class ShowContentUsageAnswerMonthByKind(TypedDict):
    post: int
    delete: int
    read: int
    model: int


ShowContentUsageAnswerMonth = TypedDict(
    "ShowContentUsageAnswerMonth",
    {
        "from": str,
        "until": str,
        "posts": int,
        "spentMicros": int,
        "reservedMicros": int,
        "researchMicros": int,
        "byKind": ShowContentUsageAnswerMonthByKind,
    },
)


class ShowContentUsageAnswer(TypedDict):
    allowed: int
    used: int
    allowedDailyPodcasts: int
    usedDailyPodcasts: int
    month: ShowContentUsageAnswerMonth
    day: ShowContentUsageAnswerMonth


class ListFeedsAnswer(TypedDict):
    id: int
    name: str
    token: str | None
    feedTypeId: int
    internalId: str
    createdOn: str
    url: str


class CreateFeedAnswer(TypedDict):
    success: bool
    feedId: int
    message: str


class CreateFeed(TypedDict):
    name: str
    feedTypeId: int
    internalId: str


class RenameFeedAnswer(TypedDict):
    success: bool
    message: str
    feed: ListFeedsAnswer


class RenameFeed(TypedDict):
    name: str


class DeleteFeedAnswer(TypedDict):
    success: bool
    message: str


class DeleteFeed(TypedDict):
    feedId: int


class ListFeedSubscriptionsAnswer(TypedDict):
    id: str
    feedId: int
    token: str | None
    requestId: str
    createdOn: str
    removedOn: str | None
    lastProcessedItemId: str | None
    lastProcessedOn: str | None
    request: XTemplate | None


class SubscribeFeed(TypedDict):
    feedId: int
    requestId: str
    lastProcessedItemId: NotRequired[str | None]


class StartDeepResearchAnswer2(TypedDict):
    schedule_id: str
    message: str
    dailyCount: int
    endDate: str | None


class StartDeepResearch(TypedDict):
    text: str
    outputType: Literal["text", "json"]
    provider: NotRequired[Literal["gemini", "openai", ""] | None]
    files: NotRequired[list[str] | None]
    feedIds: NotRequired[list[int] | None]
    callbackData: NotRequired[str | None]
    isScheduled: NotRequired[bool]
    dailyCount: NotRequired[int]
    scheduleEndDate: NotRequired[str | None]


class ListDeepResearchAnswer(TypedDict):
    id: str
    requestedOn: str
    succeededOn: str | None
    status: int
    errorOn: str | None
    errorMessage: str | None
    errorCode: int
    prompt: str
    outputType: Literal["text", "json"]
    jsonFormat: str | None
    isScheduleTemplate: bool
    scheduleId: str | None
    dailyCount: int | None
    scheduleEndDate: str | None
    lastScheduleExecutionOn: str | None
    nextScheduleExecutionOn: str | None
    callbackData: str | None


class ShowDeepResearchAnswer(TypedDict):
    id: str
    requestedOn: str
    succeededOn: str | None
    status: int
    errorOn: str | None
    errorMessage: str | None
    errorCode: int
    prompt: str
    outputType: Literal["text", "json"]
    jsonFormat: str | None
    isScheduleTemplate: bool
    scheduleId: str | None
    dailyCount: int | None
    scheduleEndDate: str | None
    lastScheduleExecutionOn: str | None
    nextScheduleExecutionOn: str | None
    callbackData: str | None
    responseText: str | None


class ListRecurringDeepResearchAnswerTemplates(TypedDict):
    id: str
    text: str
    provider: str | None
    outputType: Literal["text", "json"]
    jsonFormat: str | None
    deletedOn: str | None
    callbackData: str | None
    dailyCount: int
    scheduleEndDate: str | None
    lastRunAt: str | None
    nextRunAt: str | None
    createdOn: str
    isActive: bool
    status: Literal["active", "paused", "ended"]


class ListRecurringDeepResearchAnswer(TypedDict):
    success: bool
    templates: list[ListRecurringDeepResearchAnswerTemplates]


class ChangeRecurringDeepResearchAnswer(TypedDict):
    success: bool
    message: str
    template: ListRecurringDeepResearchAnswerTemplates


class ChangeRecurringDeepResearch(TypedDict):
    text: NotRequired[str]
    dailyCount: NotRequired[int]
    scheduleEndDate: NotRequired[str | None]
    isActive: NotRequired[bool]


class ListProjectsAnswer(TypedDict):
    id: str
    name: str
    description: str
    url: str | None
    token: str | None
    createdOn: str
    updatedOn: str
    active: bool
    imageUrl: str | None
    textColor: str | None
    backgroundColor: str | None
    brandColor: str | None
    accentColor: str | None
    found: str | None


class CreateProjectAnswer(TypedDict):
    success: bool
    project: ListProjectsAnswer


class CreateProject(TypedDict):
    name: str
    description: NotRequired[str | None]
    url: NotRequired[str | None]
    imageUrl: NotRequired[str | None]
    textColor: NotRequired[str | None]
    backgroundColor: NotRequired[str | None]
    brandColor: NotRequired[str | None]
    accentColor: NotRequired[str | None]


class Token(TypedDict):
    id: str
    name: str
    owner: str
    prefix: str
    scopes: list[Literal["read", "write", "publish", "admin"]]
    created_at: str
    last_used_at: str | None
    expires_at: str | None
    revoked_at: str | None


class Tokens(TypedDict):
    tokens: list[Token]


class CreateTokenAnswer(TypedDict):
    id: str
    name: str
    owner: str
    prefix: str
    scopes: list[Literal["read", "write", "publish", "admin"]]
    created_at: str
    last_used_at: str | None
    expires_at: str | None
    revoked_at: str | None
    token: str


class CreateToken(TypedDict):
    name: str
    scopes: list[Literal["read", "write", "publish", "admin"]]


class HealthAnswerChecks(TypedDict):
    check: str
    ok: bool
    detail: str


class HealthAnswer(TypedDict):
    status: Literal["green", "red"]
    checks: list[HealthAnswerChecks]
