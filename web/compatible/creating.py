"""Reading what `POST /x/post` and `POST /x/post/quick` are asked for: every rule of its fields, and no effect."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.media import IMAGE_LIMIT_BYTES
from domain.template import Approval, PostType, TweetStyle
from domain.template_document.reading import ACCOUNT, CALLBACK_DATA_LIMIT, PROMPT_LIMIT, TEXT_LIMIT
from web.compatible.given import Given, Upload
from web.compatible.refusal import DAILY_COUNT, MISSING_SOURCE, MISSING_TYPE, NOT_CONFIGURED, Refusal, no_source, wrong

_DATA_URI = re.compile(r"data:(image/[a-z0-9.+-]+);base64,(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A post or a recurring post, as it was asked for. *quick* was asked through `/x/post/quick`, with its query."""

    type: PostType
    account: str | None
    approval: Approval
    feed_ids: tuple[int, ...] = ()
    research_ids: tuple[str, ...] = ()
    project_ids: tuple[str, ...] = ()
    audio_url: str | None = None
    prompt_audio: str | Upload | None = None
    url: str | None = None
    text: str | None = None
    prompt: str | None = None
    query: str | None = None
    query_audio: Upload | None = None
    quick: bool = False
    tweet_style: TweetStyle | None = None
    count: int = 1
    deep_research: bool = False
    image: str | Upload | None = None
    callback_data: str | None = None
    scheduled: bool = False
    daily_count: int = 1
    end: datetime | None = None

    @property
    def verbatim(self) -> bool:
        """Whether the text is posted as it stands: there is nothing but the text, and nobody asked for other words."""
        others = self.feed_ids or self.research_ids or self.audio_url or self.url or self.image
        hints = self.prompt or self.prompt_audio or self.tweet_style or self.deep_research
        return self.text is not None and not self.quick and not others and not hints and self.count == 1


def read_post(given: Given, *, now: datetime, unreadable: Mapping[str, str]) -> Asked:
    """Read a request of `POST /x/post`. Raises Refusal with the first thing that is wrong."""
    kind = read_type(given)
    spoken_at, spoken = given.url("promptAudioUrl"), given.file("promptAudioFile")
    if spoken_at and spoken:
        raise Refusal("promptAudioFile cannot be used with promptAudioUrl", field="promptAudioFile")
    asked = Asked(
        type=kind,
        feed_ids=given.numbers("feedIds"),
        research_ids=given.texts("deepResearchIds"),
        project_ids=given.texts("projectIds"),
        audio_url=given.url("audioUrl"),
        prompt_audio=spoken_at or spoken,
        url=given.url("url"),
        text=given.text("text", limit=TEXT_LIMIT),
        prompt=given.text("prompt", limit=PROMPT_LIMIT),
        image=read_image(given),
        **_shared(given, now),
    )
    refuse_unreadable(given, unreadable)
    sources = (asked.feed_ids, asked.research_ids, asked.audio_url, asked.url, asked.text, asked.image)
    if not any(sources):
        raise no_source()
    return asked


def read_quick(given: Given, *, now: datetime, unreadable: Mapping[str, str]) -> Asked:
    """Read a request of `POST /x/post/quick`. Raises Refusal with the first thing that is wrong."""
    kind = read_type(given)
    query, audio = given.text("queryText", limit=TEXT_LIMIT), given.file("queryAudioFile")
    asked = Asked(type=kind, query=query, query_audio=audio, quick=True, image=read_image(given), **_shared(given, now))
    refuse_unreadable(given, unreadable)
    if not query and not audio:
        sentence = "Missing queryText or queryAudioFile: send at least one of them"
        raise Refusal(sentence, code=MISSING_SOURCE, field="queryText")
    return asked


def read_type(given: Given) -> PostType:
    """Give the type. Raises Refusal with the vendor's sentence when there is none."""
    value = given.raw("type")
    if value is None:
        raise Refusal(MISSING_TYPE, field="type")
    try:
        return PostType(value)
    except ValueError:
        raise Refusal("Invalid type parameter (tweet or thread)", field="type") from None


def read_image(given: Given) -> str | Upload | None:
    """Give the image as its URL or its bytes: a file of a form, or a data URI of JSON. Raises Refusal."""
    url = given.url("imageUrl")
    sent = _from_data_uri(given) if not given.form else given.file("imageFile")
    if url and sent:
        raise Refusal("imageFile cannot be used with imageUrl", field="imageFile")
    if sent and len(sent.content) > IMAGE_LIMIT_BYTES:
        raise wrong("imageFile", f"is {len(sent.content):,} bytes long; at most {IMAGE_LIMIT_BYTES:,} are allowed")
    return url or sent


def refuse_unreadable(given: Given, unreadable: Mapping[str, str]) -> None:
    """Refuse what this installation cannot read. A value that asks for nothing is no reason."""
    for name, reason in unreadable.items():
        asks = given.raw(name)
        if asks and not (isinstance(asks, Upload) and given.file(name) is None):
            raise Refusal(f"{name}: {reason}", code=NOT_CONFIGURED, field=name)


def _shared(given: Given, now: datetime) -> dict[str, Any]:
    """Read what both requests may have. An end that has passed is an error only where it would end something."""
    scheduled = given.boolean("isScheduled") or False
    daily_count, end = given.integer("dailyCount", 1, 100, sentence=DAILY_COUNT), given.moment("scheduleEndDate")
    if scheduled and end is not None and end <= now:
        raise wrong("scheduleEndDate", "is in the past; name a later date, or leave it out")
    return {
        "account": read_account(given),
        "approval": given.choice("approval", Approval) or Approval.AUTO,
        "tweet_style": given.choice("tweetStyle", TweetStyle),
        "count": given.integer("count", 1, 10) or 1,
        "deep_research": given.boolean("deepResearch") or False,
        "callback_data": given.opaque("callbackData", limit=CALLBACK_DATA_LIMIT),
        "scheduled": scheduled,
        "daily_count": daily_count or 1,
        "end": end,
    }


def read_account(given: Given) -> str | None:
    """Give the account to post as, without the @; None where the request leaves it open."""
    name = given.text("account", limit=64)
    if name is None:
        return None
    plain = name.strip().removeprefix("@")
    if not ACCOUNT.fullmatch(plain):
        raise wrong("account", "must be an X username: 1 to 15 letters, digits and underscores")
    return plain


def _from_data_uri(given: Given) -> Upload | None:
    value = given.text("imageFile", limit=IMAGE_LIMIT_BYTES * 2)
    if value is None:
        return None
    match = _DATA_URI.fullmatch(value.strip())
    try:
        content = base64.b64decode(match[2], validate=True) if match else b""
    except (binascii.Error, ValueError):
        content = b""
    if match is None or not content:
        raise wrong("imageFile", "must be a data URI such as data:image/jpeg;base64,…")
    return Upload("image", match[1].lower(), content)
