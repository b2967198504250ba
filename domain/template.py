"""Templates: what to post, as whom, from which sources, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.budget import Budget
from domain.own_words import Countdown, CsvTable, Roundup
from domain.owner import LOCAL_OWNER
from domain.picture import Charts, OwnPicture
from domain.reasons import Reason
from domain.schedule import Schedule

ASKED_WITHIN = timedelta(seconds=30)


class PostType(StrEnum):
    TWEET = "tweet"
    THREAD = "thread"


class TweetStyle(StrEnum):
    """The form of a post. A template without one gets a form chosen for each post, recorded on it."""

    ONE_LINER = "OneLiner"
    PARAGRAPHS = "Paragraphs"
    EXPLAINER = "Explainer"


class Goal(StrEnum):
    ENGAGEMENT = "engagement"
    FOLLOWERS = "followers"
    AUTHORITY = "authority"
    CONVERSATION = "conversation"


class Approval(StrEnum):
    AUTO = "auto"
    APPROVE = "approve"  # a person approves each post before it is published
    SHADOW = "shadow"  # everything is done but publishing


class ApproveDefault(StrEnum):
    """What becomes of a run that nobody has decided about within `approve_within`."""

    POST = "post"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class PrePublish:
    """Whom to ask before anything is published, for how long, and what becomes of a run without an answer."""

    url: str
    within: timedelta = ASKED_WITHIN  # since it was first asked
    default: ApproveDefault = ApproveDefault.DROP


class OnPartial(StrEnum):
    """What becomes of the parts already out when a thread cannot be finished."""

    LEAVE = "leave"
    DELETE = "delete"


class AiLabel(StrEnum):
    """Which posts are labelled as made with AI, by a publisher that can."""

    MODEL = "model"  # those that a language model wrote, and what a person made of them
    ALWAYS = "always"
    NEVER = "never"


class Backlog(StrEnum):
    """What a template does with the entries that a feed already holds when it joins it."""

    NONE = "none"  # they are marked as seen; only later entries are posted
    LATEST = "latest"  # the newest entry is posted first, the others are marked as seen
    ALL = "all"  # they are queued, oldest first


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A feed by its URL, and how the template starts with it."""

    url: str
    backlog: Backlog = Backlog.NONE


@dataclass(frozen=True, slots=True)
class StyleSource:
    """How the posts should sound: an author's style by username, or the owner's own samples."""

    username: str | None = None
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SoundSource:
    """Something spoken, at *url* or in the kept file whose id is *file*; one of the two."""

    url: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A picture, at *url* or in the kept file whose id is *file*: it is told about, and with *attach* shown too.

    *alt* is the owner's own description of it, for those who cannot see it.
    """

    url: str | None = None
    file: str | None = None
    alt: str = ""
    attach: bool = True


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a template's material comes from. At least one of them is given."""

    urls: tuple[str, ...] = ()
    feeds: tuple[FeedSource, ...] = ()
    text: str | None = None
    tips: tuple[str, ...] = ()
    countdown: Countdown | None = None
    csv: CsvTable | None = None
    audio: tuple[SoundSource, ...] = ()
    image: ImageSource | None = None
    research: tuple[str, ...] = ()  # ids of reports, or of research that recurs: its newest report


@dataclass(frozen=True, slots=True)
class Template:
    """A recurring post, as its owner wrote it. Its state is a TemplateState.

    *account* is the X username without the @. *prompt* holds hints for the writer.
    *count* posts (tweets or threads) are made by each run. *minimum_score* is 0 to 100.
    *callback_data* is opaque and echoed byte for byte in every callback.
    """

    id: str
    name: str
    account: str
    type: PostType
    schedule: Schedule
    sources: Sources
    prompt: str | None = None
    prompt_audio: SoundSource | None = None  # hints that are spoken; they follow those of the prompt
    tweet_style: TweetStyle | None = None
    style: StyleSource | None = None
    goal: Goal = Goal.ENGAGEMENT
    count: int = 1
    minimum_score: int = 60
    maximum_drafts: int = 6
    approval: Approval = Approval.AUTO
    approve_within: timedelta | None = None  # since the run was laid before a person; None: it waits for ever
    approve_default: ApproveDefault = ApproveDefault.DROP
    pre_publish: PrePublish | None = None  # asked before anything is published
    budget: Budget | None = None  # what its posts and its model may cost; None: any amount
    on_partial: OnPartial = OnPartial.LEAVE
    made_with_ai: AiLabel = AiLabel.MODEL
    picture: OwnPicture | None = None  # the owner's own, shown with each post; the image of its sources else
    charts: Charts = Charts.NONE  # a picture of the numbers in the material, where there is no other
    picture_required: bool = True  # whether a post waits for a picture that is not to be had
    deep_research: bool = False  # each run has its topic looked up before it is written
    projects: tuple[str, ...] = ()  # context for the writer, and no source
    roundup: Roundup | None = None  # a thread of several feed entries; None: each post is about one thing
    freshness: timedelta | None = None  # feed entries older than this are expired; None: they never are
    link: bool = True  # whether a post names its source's link
    repeat_after: int = 30  # days after which a post may be like an earlier one of the account; 0: always
    callback_url: str | None = None
    callback_data: str | None = None
    once: bool = False  # made for one post: it has no slots, and lists of templates leave it out
    fast: bool = False  # its text is the query of a quick request
    managed_by: str | None = None  # whose files `template apply` makes true: a folder, or the name given for it
    owner_id: str = LOCAL_OWNER


class TemplateStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class TemplateState:
    """Where a template stands. `next_slot_at` is UTC, and None unless the template is active."""

    status: TemplateStatus
    next_slot_at: datetime | None
    created_at: datetime
    updated_at: datetime
    pause_reason: Reason | None = None
    pause_note: str | None = None  # the owner's or the API's own words
    last_run_at: datetime | None = None
    deleted_at: datetime | None = None


def files_of(template: Template) -> tuple[str, ...]:
    """Give the ids of the kept files that a template names."""
    sources = template.sources
    named = [*sources.audio, sources.image, template.prompt_audio, template.picture]
    return tuple(dict.fromkeys(each.file for each in named if each and each.file))


def shows_picture(template: Template) -> bool:
    """Tell whether each post of a template shows the owner's own picture."""
    image = template.sources.image
    return template.picture is not None or (image is not None and image.attach)


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    template: Template
    state: TemplateState
