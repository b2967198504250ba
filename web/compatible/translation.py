"""From what was asked for to a template document: the one form in which the scheduler takes a recurring post."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.picture import Charts
from domain.template import Approval, Backlog
from web.compatible.creating import Asked
from web.compatible.given import Upload
from web.compatible.refusal import wrong

Keep = Callable[[Upload, str], str]


def document(asked: Asked, *, name: str, account: str, feeds: Mapping[int, str], keep: Keep) -> dict[str, Any]:
    """Give the template document of *asked*; *feeds* are the URLs of the known feeds by number.

    *keep* keeps a file that was brought under a field's name, and gives its id.

    A feed gives its newest entry first and then each new one once. A text that stands alone is posted as it is,
    whatever it scores. Raises Refusal for a feed that is not known.
    """
    written: dict[str, Any] = {
        "name": name,
        "account": account,
        "type": asked.type.value,
        "count": asked.count,
        "prompt": asked.prompt,
        "text": asked.query if asked.quick else asked.text,
        "url": asked.url,
        "feeds": feed_sources(asked.feed_ids, feeds),
        "tweet_style": asked.tweet_style.value if asked.tweet_style else None,
        "callback_data": asked.callback_data,
        "approval": asked.approval.value if asked.approval is not Approval.AUTO else None,
        "minimum_score": 0 if asked.verbatim else None,
        "deep_research": asked.deep_research,
        "deep_research_ids": list(asked.research_ids),
        "project_ids": list(asked.project_ids),
        "audio": [each for each in (asked.audio_url, _kept(asked.query_audio, "queryAudioFile", keep)) if each],
        "prompt_audio": _place(asked.prompt_audio, "promptAudioFile", keep),
        "image": _place(asked.image, "imageFile", keep),
        "charts": Charts.AUTO.value,
    }
    if asked.scheduled:
        written |= {"daily_count": asked.daily_count, "schedule_end_date": asked.end and asked.end.isoformat()}
    return {key: value for key, value in written.items() if value is not None and value is not False and value != []}


def feed_sources(ids: tuple[int, ...], known: Mapping[int, str]) -> list[dict[str, str]]:
    """Give the feeds of a template document by their numbers. Raises Refusal naming one that is not there."""
    for each in ids:
        if each not in known:
            raise wrong("feedIds", f"names feed {each}, which does not exist; GET /feeds lists those there are")
    return [{"url": known[each], "backlog": Backlog.LATEST.value} for each in ids]


def _place(given: str | Upload | None, field: str, keep: Keep) -> dict[str, str] | None:
    """Give where something is: at its URL, or in the file that was brought."""
    return {"url": given} if isinstance(given, str) else _kept(given, field, keep)


def _kept(upload: Upload | None, field: str, keep: Keep) -> dict[str, str] | None:
    return {"file": keep(upload, field)} if upload else None
