"""What this installation cannot read yet, and what its owner can do about it."""

from __future__ import annotations

from collections.abc import Mapping

_AUDIO = "audio cannot be transcribed on this installation; send its words as text"
_HINTS = "audio cannot be transcribed on this installation; write the instructions in prompt"
_IMAGE = "images cannot be read on this installation; describe the picture in text"
_RESEARCH = "there is no researcher on this installation; name pages in url or feeds in feedIds"

# By the field that asks for it. Whoever builds one takes its line away: the field then goes into the template document
# under the name that `translation` has for it.
UNREADABLE: Mapping[str, str] = {
    "deepResearchIds": _RESEARCH,
    "projectIds": "projects are not kept on this installation; describe brand and tone in prompt",
    "audioUrl": _AUDIO,
    "promptAudioUrl": _HINTS,
    "promptAudioFile": _HINTS,
    "queryAudioFile": "audio cannot be transcribed on this installation; write the query in queryText",
    "deepResearch": _RESEARCH,
    "imageUrl": _IMAGE,
    "imageFile": _IMAGE,
}
