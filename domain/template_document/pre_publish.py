"""The field of a template document that says whom to ask before anything is published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from domain.template import ASKED_WITHIN, ApproveDefault, PrePublish
from domain.template_document.fields import Fields
from domain.template_document.names import PRE_PUBLISH_FIELDS, normalise

LONGEST_QUESTION = timedelta(days=1)
OWN_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")  # of hosts that no public name server knows


def read_pre_publish(fields: Fields) -> PrePublish | None:
    """Give whom to ask, or None after noting what is wrong; a URL alone is asked with the defaults."""
    value = fields.raw("pre_publish")
    if value is None or value == "":
        return None
    if not isinstance(value, Mapping):
        value = {"url": value}
    given = normalise(value, PRE_PUBLISH_FIELDS, fields.problems, prefix="pre_publish.")
    table = Fields(given, fields.problems, "pre_publish.")
    if not table.has("url"):
        table.problem("url", "is missing; name the URL that is asked")
        return None
    url = table.url("url", table.raw("url"))
    if url and not _answers_unchanged(url):
        table.problem("url", "must be https: its answer decides what is posted, and http could change it on its way")
    within = table.duration("within", ASKED_WITHIN, LONGEST_QUESTION)
    default = table.choice("default", ApproveDefault, ApproveDefault.DROP) or ApproveDefault.DROP
    return PrePublish(url, within, default) if url else None


def _answers_unchanged(url: str) -> bool:
    """Tell whether nobody on the way can change the answer of *url*: it is https, or a host of one's own network."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme == "https" or ("." not in host and ":" not in host) or host.endswith(OWN_NAMES):
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return False
