"""What this installation cannot read, and what its owner can do about it."""

from __future__ import annotations

from collections.abc import Mapping

_REMEDY = (
    "no model is set that writes down what is spoken; set OSTINATO_TRANSCRIPTION_MODEL, or OSTINATO_WHISPER_MODEL, or"
)
SPOKEN: Mapping[str, str] = {
    "audioUrl": f"{_REMEDY} send its words as text",
    "promptAudioUrl": f"{_REMEDY} write the instructions in prompt",
    "promptAudioFile": f"{_REMEDY} write the instructions in prompt",
    "queryAudioFile": f"{_REMEDY} write the query in queryText",
}


def unreadable(*, hears: bool) -> Mapping[str, str]:
    """Give the fields that cannot be read, with the reason; *hears* says that there is a model for what is spoken."""
    return {} if hears else SPOKEN
