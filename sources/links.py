"""Links as they are kept: absolute, http or https, and the same for the same page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from sources.cleaning import is_seen

_TRACKING = frozenset({"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid"})
_MAXIMUM_LENGTH = 2_048
_PLACE = re.compile(r"https?://[^/?#]*")
_ODD = re.compile(r"[^\w\-.~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical(link: str | None, base: str = "") -> str | None:
    """Give *link* absolute against *base*, host in lower case, without default port and tracking parameters.

    The fragment stays: some feeds tell their entries apart by it alone. None for what is no http or https link, for
    javascript:, data: and file: among them, for links with credentials, and for those longer than 2,048 characters.
    White space and what cannot be seen is percent-encoded: a link with words behind it would say them in a post.
    """
    link = (link or "").strip()
    if not link:
        return None
    try:
        parts = urlsplit(link if link.startswith(("https://", "http://")) else urljoin(base, link))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    if " " in host or not host.isprintable():
        return None
    place = f"[{host}]" if ":" in host else host
    if port not in (None, _DEFAULT_PORTS[parts.scheme]):
        place = f"{place}:{port}"
    result = _seen(urlunsplit((parts.scheme, place, parts.path or "/", _without_tracking(parts.query), parts.fragment)))
    return result if len(result) <= _MAXIMUM_LENGTH else None


def in_ascii(link: str) -> str:
    """Give *link* as it is posted: what URLs do not consist of is percent-encoded in its path, query and fragment.

    X ends a link at such a letter, and what stands behind it would be read as words of the post.
    """
    found = _PLACE.match(link)
    return link if found is None else found[0] + _ODD.sub(_encoded, link[found.end() :])


def _seen(link: str) -> str:
    if link.isascii() and link.isprintable() and " " not in link:
        return link
    return "".join(char if is_seen(char) else quote(char, errors="replace") for char in link)


def _encoded(found: re.Match[str]) -> str:
    return quote(found[0], errors="replace")


def _without_tracking(query: str) -> str:
    if "utm_" not in query and not any(name in query for name in _TRACKING):
        return query  # untouched, so that odd but meaningful spellings survive
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if not name.startswith("utm_") and name not in _TRACKING])
