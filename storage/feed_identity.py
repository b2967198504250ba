"""When two entries of a feed are the same one: by guid, by canonical link, or by title and text. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit, urlunsplit

from domain.material import Entry

_TRACKING = frozenset(
    (
        *("fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "igsh"),
        *("mc_cid", "mc_eid", "_ga", "_gl", "ref_src", "cmpid", "ns_campaign", "ns_mchannel", "ns_source"),
        *("vero_id", "wt_mc", "s_cid", "ftag"),
    )
)
_KeyOf = Callable[[Entry], str | None]
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical_link(url: str) -> str:
    """Give *url* without what changes while the page stays the same.

    Scheme and host in lower case, http as https, no default port, no fragment (but a hash-bang names a page), no
    tracking parameters, no trailing slash. What is no URL is given back as it is.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    if not parts.hostname:
        return url.strip()
    scheme = parts.scheme.lower()
    host = parts.hostname if port in {None, _DEFAULT_PORTS.get(scheme)} else f"{parts.hostname}:{port}"
    query = "&".join(part for part in parts.query.split("&") if part and not _tracks(part))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    return urlunsplit(("https" if scheme == "http" else scheme, host, parts.path.rstrip("/"), query, fragment))


def identities(entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """Give, for each entry of one read, the keys under which it is known: all of those that identify it.

    A guid or a link that a feed gives to different entries at once identifies none of them: some feeds name their own
    front page as the link, or as the guid, of everything.
    """
    blurred = _shared(entries, _guid, _link) | _shared(entries, _link, _guid)
    keys = []
    for entry in entries:
        sharp = [key for key in (_guid(entry), _link(entry)) if key is not None and key not in blurred]
        words = _text(entry, alone=not sharp)
        keys.append((*sharp, words) if words else tuple(sharp))
    return keys


def _shared(entries: Sequence[Entry], key_of: _KeyOf, other_of: _KeyOf) -> set[str]:
    """Give the keys that entries have in common though they differ both in their other key and in their words."""
    first: dict[str, Entry] = {}
    blurred = set()
    for entry in entries:
        key = key_of(entry)
        if key is None:
            continue
        known = first.setdefault(key, entry)
        other, others = other_of(entry), other_of(known)
        if other and others and other != others and _words(entry) != _words(known):
            blurred.add(key)
    return blurred


def _guid(entry: Entry) -> str | None:
    return f"guid:{entry.guid.strip()}" if entry.guid and entry.guid.strip() else None


def _link(entry: Entry) -> str | None:
    return f"link:{canonical_link(entry.url)}" if entry.url and entry.url.strip() else None


def _text(entry: Entry, *, alone: bool) -> str | None:
    # A title without a text is too little to tell entries apart ("Weekly open thread"), unless nothing else is there.
    if not entry.text.strip() and not alone:
        return None
    return "text:" + hashlib.blake2b(_words(entry).encode(), digest_size=16).hexdigest()


def _words(entry: Entry) -> str:
    return "\n".join(" ".join(_plain(part)) for part in (entry.title, entry.text))


def _plain(text: str) -> list[str]:
    """The words of *text*; a bullet is none: version 0.1 kept the items of lists without."""
    return [word for word in unicodedata.normalize("NFKC", text).casefold().split() if word != "•"]


def _tracks(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name.startswith(("utm_", "pk_", "mtm_", "hsa_")) or name in _TRACKING
