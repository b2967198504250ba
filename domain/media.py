"""Pictures and sound: what a file is by its content, how large it may be, and a name that can do no harm."""

from __future__ import annotations

import re
import unicodedata

from domain.errors import FieldError, InvalidInput
from domain.picture_size import POINTS_LIMIT, claimed_points
from domain.two_faced import second_face

IMAGE_LIMIT_BYTES = 10 * 1024 * 1024  # AutoContent X operations, imageFile: 10 MB
AUDIO_LIMIT_BYTES = 25 * 1024 * 1024  # what OpenAI's transcription endpoint takes
NAME_LIMIT = 100
TOO_MANY_POINTS = f"has more than {POINTS_LIMIT // 1_000_000} million points; make it smaller"

IMAGES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
AUDIO = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/flac": "flac",
    "audio/webm": "webm",
}

_PREFIXES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"OggS": "audio/ogg",
    b"fLaC": "audio/flac",
    b"ID3": "audio/mpeg",
}
_IN_RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
_BRANDS = frozenset({b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash"})
_EBML = b"\x1a\x45\xdf\xa3"
_TROUBLESOME = re.compile(r'[<>:"|?*;%]')
_CATEGORIES = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])


def sniff(content: bytes) -> str | None:
    """Give the media type of *content* by its first bytes, or None for what is no picture or sound that is known."""
    for prefix, media_type in _PREFIXES.items():
        if content.startswith(prefix):
            return media_type
    if content[:4] in (b"RIFF", b"RF64"):
        return _IN_RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return "audio/mp4" if content[8:12] in _BRANDS else None
    if content.startswith(_EBML):
        return "audio/webm" if b"webm" in content[:64] else None
    return "audio/mpeg" if _is_mpeg_frame(content[:4]) else None


def limit_of(media_type: str) -> int:
    """Give how many bytes a file of that type may have."""
    return IMAGE_LIMIT_BYTES if media_type in IMAGES else AUDIO_LIMIT_BYTES


def type_of(content: bytes, *, wanted: dict[str, str], field: str) -> str:
    """Give the media type of *content*, one of *wanted* (IMAGES or AUDIO, or both).

    Raises InvalidInput, naming *field*, for an empty file, another type, one that is too large, one that is an archive,
    a document or a web page too, and a picture that claims to have over 40 million points.
    """
    media_type = sniff(content)
    if not content:
        problem = "is empty"
    elif media_type not in wanted:
        problem = f"is {f'{media_type}, and none of' if media_type else 'none of'} {', '.join(wanted)} by its content"
    elif len(content) > limit_of(media_type):
        problem = f"is {megabytes(len(content))} large; at most {megabytes(limit_of(media_type))} are allowed"
    elif (claimed_points(content, media_type) or 0) > POINTS_LIMIT:
        problem = TOO_MANY_POINTS
    elif face := second_face(content):
        problem = f"is {media_type} and {face} at once; save it anew, as nothing but what it shows or says"
    else:
        return media_type
    raise InvalidInput([FieldError(field, problem)])


def megabytes(size: int) -> str:
    """Give *size* in units of 1,048,576 bytes, as people write the size of a file."""
    return f"{size / 1024 / 1024:.3g} MB"


def clean_name(name: str, media_type: str) -> str:
    """Give the last part of a file's *name* without what could do harm in a path, a header, a page or a log.

    At most 100 characters; a name of which nothing is left becomes `file`, with the ending of its type.
    """
    last = re.split(r"[/\\]", name.strip())[-1]
    visible = "".join(" " if unicodedata.category(char) in _CATEGORIES else char for char in last)
    plain = " ".join(_TROUBLESOME.sub("_", unicodedata.normalize("NFC", visible)).split()).lstrip(". ")
    if len(plain) > NAME_LIMIT:
        stem, dot, ending = plain.rpartition(".")
        plain = (
            plain[:NAME_LIMIT] if not dot or len(ending) > 8 else stem[: NAME_LIMIT - len(ending) - 1] + dot + ending
        )
    return plain or f"file.{(IMAGES | AUDIO).get(media_type, 'bin')}"


def _is_mpeg_frame(head: bytes) -> bool:
    """Tell whether *head* is that of an MPEG audio frame of layer 3 (ISO 11172-3, 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return version != 1 and layer == 1 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3
