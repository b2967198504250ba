"""Every setting, read once from the environment and from `$OSTINATO_HOME/settings.env`, and checked at start."""

# ruff: noqa: RUF009 (variable() is dataclasses.field() under a plainer name)

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from domain.duration import format_duration, parse_duration
from domain.errors import FieldError, SettingsError
from domain.prices import credit_price, parse_dollars
from domain.template_document.fields import url_problem

FILE_NAME = "settings.env"
KEY_NAME = "xquik.key"  # the file that `ostinato init` keeps the API key in
SECRET_LIMIT = 64 * 1024  # bytes read of a secret's file
# What the daemon gives to a notify command, which may call `ostinato` again.
GIVEN_TO_COMMANDS = frozenset({"OSTINATO_EVENT_TYPE", "OSTINATO_EVENT_ID"})
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Rate:
    """At most *limit* requests in each *window*."""

    limit: int
    window: timedelta


def _path(text: str) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{text!r} cannot be expanded ({error}); write an absolute path") from None
    if not path.is_absolute():
        raise ValueError(f"{text!r} is not an absolute path; write it from the root, or from ~")
    return path


def _database(text: str) -> str:
    scheme = text.partition(":")[0].partition("+")[0]
    if "://" not in text or scheme not in ("sqlite", "postgresql", "postgres"):
        raise ValueError("is not a database URL; use sqlite:////path/to/file or postgresql://user@host/name")
    if scheme != "sqlite" and (reason := _address_problem(text)):
        raise ValueError(reason)
    return text


def _address_problem(url: str) -> str | None:
    """Say what is wrong with the address in a PostgreSQL *url*, without the password, or give None."""
    before, at, host = url.partition("://")[2].partition("?")[0].rpartition("@")
    address = host.partition("/")[0]
    if "@" in before or (at and "/" in before):
        return "holds an @ or a / in its user or password; write them as %40 and %2F"
    port = address.rpartition("]")[2].partition(":")[2]  # an IPv6 address is in brackets
    return (
        None
        if not port or port.isdecimal()
        else "has a port that is no number; write it like postgresql://user@host:5432/name"
    )


def _web_url(text: str) -> str:
    if reason := url_problem(text):
        raise ValueError(reason)
    return text


def _public_url(text: str) -> str:
    """The address of the HTTP API as others see it, of a proxy say: documents name files below it."""
    parts = urlsplit(_web_url(text))
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} must end with its path, without ? or #")
    return text.rstrip("/")


def _base_url(text: str) -> str:
    """An API's base URL: the key travels to it, so plain http is for this machine only."""
    parts = urlsplit(_web_url(text))
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError(f"{text!r} would send the key unencrypted; use https (http is for 127.0.0.1 and localhost)")
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} must end with its path, without ? or #")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", text):
        raise ValueError(f"{text!r} is no address of this machine; write one such as 127.0.0.1, 0.0.0.0 or ::")
    return text


def _key(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("holds a blank or a character that no key has; copy it again")
    return text


def _webhook_secret(text: str) -> str:
    remedy = "must be whsec_ and the base64 of 24 to 64 random bytes (Standard Webhooks)"
    try:
        length = len(base64.b64decode(text.removeprefix("whsec_"), validate=True))
    except binascii.Error:
        length = 0
    if not text.startswith("whsec_") or not 24 <= length <= 64:
        raise ValueError(remedy)
    return text


def _secret_key(text: str) -> str:
    """One key or several: the first encrypts, each of them decrypts."""
    keys = [each.strip() for each in text.split(",")]
    for each in keys:
        try:
            length = len(base64.b64decode(each, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError):
            length = 0
        if length != 32:
            raise ValueError("must be 32 random bytes as URL-safe base64: openssl rand -base64 32 | tr '+/' '-_'")
    return "\n".join(keys)


def _one_of(*options: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in options:
            raise ValueError(f"{text!r} is none of {', '.join(options)}")
        return text.lower()

    return parse


def _switch(text: str) -> bool:
    return _one_of("on", "off")(text) == "on"


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def _duration(low: str, high: str) -> Callable[[str], timedelta]:
    def parse(text: str) -> timedelta:
        length = parse_duration(text)
        if not parse_duration(low) <= length <= parse_duration(high):
            raise ValueError(f"{text!r} is not between {low} and {high}")
        return length

    return parse


def _time_of_day(text: str) -> time:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(f"{text!r} is not a time of day; write hours and minutes, such as 07:00")
    return time.fromisoformat(text)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{text!r} is not an IANA time zone; write one such as Europe/Berlin or UTC") from None


def _price(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", text):
        raise ValueError(f"{text!r} is not a price; write US dollars for a million tokens, such as 0.15")
    return Decimal(text)


def _minute_price(text: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", text):
        raise ValueError(f"{text!r} is not a price; write US dollars for a minute, such as 0.006")
    return Decimal(text)


def _rate(text: str) -> Rate:
    limit, _, window = text.partition("/")
    try:
        return Rate(_whole(1, 1_000_000)(limit.strip()), _duration("1s", "1d")(window))
    except ValueError:
        raise ValueError(f"{text!r} is not a rate; write requests and a time, such as 10/1s or 30/60s") from None


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise ValueError(f"{error}; write networks such as 192.168.1.0/24, separated by commas") from None


def _command(text: str) -> str:
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"is not a command line ({error})") from None
    if not parts:
        raise ValueError("is not a command line; name a program and its arguments")
    return text


def _hook(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", text):
        raise ValueError(f"{text!r} is not module:function")
    return text


def _account(text: str) -> str:
    plain = text.strip().removeprefix("@")
    if not re.fullmatch(r"[A-Za-z0-9_]{1,15}", plain):
        raise ValueError(f"{text!r} is no X username; write 1 to 15 letters, digits and underscores")
    return plain


def _secret_file(text: str) -> str:
    """Give the first line of the file that holds a secret."""
    try:
        with Path(text).expanduser().open("rb") as file:
            lines = file.read(SECRET_LIMIT).decode().split()
    except (OSError, ValueError) as error:
        raise ValueError(f"its file {text} cannot be read ({error})") from None
    if len(lines) != 1:
        raise ValueError(f"its file {text} must hold the secret and nothing else")
    return lines[0]


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def variable(name: str, parse: Callable[[str], Any], default: str | None, *, secret: bool = False) -> Any:
    """Declare a setting: its variable, how its text is read, and the text that stands for nothing given."""
    return field(metadata={"variable": name, "parse": parse, "default": default, "secret": secret}, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment and the file say, checked. Secrets do not appear in its repr."""

    home: Path = variable("OSTINATO_HOME", _path, "~/.ostinato")
    database: str = variable("OSTINATO_DATABASE", _database, "sqlite:///$OSTINATO_HOME/ostinato.db", secret=True)
    secret_key: str | None = variable("OSTINATO_SECRET_KEY", _secret_key, None, secret=True)
    xquik_url: str = variable("OSTINATO_XQUIK_URL", _base_url, "https://xquik.com/api/v1")
    xquik_key: str | None = variable("OSTINATO_XQUIK_KEY", _key, None, secret=True)
    xquik_keys_honoured: str = variable("OSTINATO_XQUIK_KEYS_HONOURED", _one_of("auto", "yes", "no"), "auto")
    xquik_ai_label: bool = variable("OSTINATO_XQUIK_AI_LABEL", _switch, "off")
    xquik_credit: Fraction = variable("OSTINATO_XQUIK_PLAN", credit_price, "payg")  # micros
    openai_base_url: str | None = variable("OPENAI_BASE_URL", _base_url, None)
    openai_api_key: str | None = variable("OPENAI_API_KEY", _key, None, secret=True)
    model: str | None = variable("OSTINATO_MODEL", str, None)
    model_timeout: timedelta = variable("OSTINATO_MODEL_TIMEOUT", _duration("1s", "10m"), "60s")
    model_price_in: Decimal | None = variable("OSTINATO_MODEL_PRICE_IN", _price, None)
    model_price_out: Decimal | None = variable("OSTINATO_MODEL_PRICE_OUT", _price, None)
    transcription_model: str | None = variable("OSTINATO_TRANSCRIPTION_MODEL", str, None)
    transcription_price: Decimal | None = variable("OSTINATO_TRANSCRIPTION_PRICE", _minute_price, None)
    whisper_model: Path | None = variable("OSTINATO_WHISPER_MODEL", _path, None)
    search_url: str | None = variable("OSTINATO_SEARCH_URL", _web_url, None)
    research_time: timedelta = variable("OSTINATO_RESEARCH_TIME", _duration("5s", "1h"), "3m")
    research_pages: int = variable("OSTINATO_RESEARCH_PAGES", _whole(0, 200), "12")
    research_cost: int = variable("OSTINATO_RESEARCH_COST", parse_dollars, "0.25")  # micros
    allow_networks: tuple[Network, ...] = variable("OSTINATO_ALLOW_NETWORKS", _networks, "")
    notify_command: str | None = variable("OSTINATO_NOTIFY_COMMAND", _command, None)
    hook: str | None = variable("OSTINATO_HOOK", _hook, None)
    callback_url: str | None = variable("OSTINATO_CALLBACK_URL", _web_url, None)
    callback_secret: str | None = variable("OSTINATO_CALLBACK_SECRET", _webhook_secret, None, secret=True)
    rate_read: Rate = variable("OSTINATO_RATE_READ", _rate, "10/1s")
    rate_write: Rate = variable("OSTINATO_RATE_WRITE", _rate, "30/60s")
    rate_delete: Rate = variable("OSTINATO_RATE_DELETE", _rate, "15/60s")
    rate_limits: bool = variable("OSTINATO_RATE_LIMITS", _switch, "on")
    account_spacing: timedelta = variable("OSTINATO_ACCOUNT_SPACING", _duration("0s", "1d"), "0s")
    thread_gap: timedelta = variable("OSTINATO_THREAD_GAP", _duration("0s", "10m"), "2s")
    feed_interval: timedelta = variable("OSTINATO_FEED_INTERVAL", _duration("10s", "7d"), "15m")
    health_port: int | None = variable("OSTINATO_HEALTH_PORT", _whole(1, 65535), None)
    http_host: str = variable("OSTINATO_HTTP_HOST", _host, "127.0.0.1")
    http_port: int | None = variable("OSTINATO_HTTP_PORT", _whole(1, 65535), None)
    public_url: str | None = variable("OSTINATO_PUBLIC_URL", _public_url, None)
    account: str | None = variable("OSTINATO_ACCOUNT", _account, None)
    posts_apart: timedelta = variable("OSTINATO_POSTS_APART", _duration("0s", "1h"), "5s")
    digest_at: time | None = variable("OSTINATO_DIGEST_AT", _time_of_day, None)
    timezone: ZoneInfo = variable("OSTINATO_TIMEZONE", _zone, "UTC")
    ping_url: str | None = variable("OSTINATO_PING_URL", _web_url, None, secret=True)
    lease: timedelta = variable("OSTINATO_LEASE", _duration("2s", "1h"), "60s")
    request_timeout: timedelta = variable("OSTINATO_REQUEST_TIMEOUT", _duration("1s", "10m"), "30s")
    workers: int = variable("OSTINATO_WORKERS", _whole(1, 4096), "64")
    keep: timedelta = variable("OSTINATO_KEEP", _duration("1d", "3660d"), "90d")
    keep_drafts: timedelta | None = variable("OSTINATO_KEEP_DRAFTS", _duration("1d", "3660d"), None)
    keep_events: timedelta | None = variable("OSTINATO_KEEP_EVENTS", _duration("1d", "3660d"), None)
    log_level: str = variable("OSTINATO_LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info")
    log_format: str = variable("OSTINATO_LOG_FORMAT", _one_of("console", "json"), "console")
    log_files: int = variable("OSTINATO_LOG_FILES", _whole(0, 100), "5")
    log_file: Path | None = variable("OSTINATO_LOG_FILE", _path, None)
    sandbox_port: int = variable("OSTINATO_SANDBOX_PORT", _whole(1, 65535), "8788")

    @property
    def hears(self) -> bool:
        """Whether there is a model that writes down what is spoken."""
        reached = self.openai_api_key is not None or self.openai_base_url is not None
        return self.whisper_model is not None or (self.transcription_model is not None and reached)

    @property
    def key_file(self) -> Path:
        """The file whose key encrypts secrets at rest, unless the settings give one."""
        return self.home / "secret.key"


def load(environ: Mapping[str, str]) -> Settings:
    """Read all settings; *environ* wins over the file in the home folder.

    Raises SettingsError naming every wrong or unknown variable with its remedy, all together.
    """
    problems: list[FieldError] = []
    own = {name: value for name, value in environ.items() if _ours(name) and value.strip()}
    home = _home(own, problems)
    from_file = dict(_from_file(home / FILE_NAME, problems))
    given = {name: value for name, value in from_file.items() if not _overruled(name, own)} | own
    given["OSTINATO_HOME"] = str(home)
    values = {one.name: _value(one, given, problems) for one in fields(Settings)}
    problems.extend(_unknown(given))
    problems.extend(_lease_too_short(values["lease"], values["request_timeout"]))
    if values["whisper_model"] and values["transcription_model"]:
        problems.append(FieldError("OSTINATO_WHISPER_MODEL", "OSTINATO_TRANSCRIPTION_MODEL is set too; keep one"))
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def variables() -> Iterator[tuple[str, str | None]]:
    """Give the name of every variable with the text of its default; secrets also in their `_FILE` form."""
    for one in fields(Settings):
        yield one.metadata["variable"], one.metadata["default"]
        if one.metadata["secret"]:
            yield one.metadata["variable"] + "_FILE", None


def _ours(name: str) -> bool:
    return (name.startswith("OSTINATO_") and name not in GIVEN_TO_COMMANDS) or name in _KNOWN


def _home(own: Mapping[str, str], problems: list[FieldError]) -> Path:
    try:
        return _path(own.get("OSTINATO_HOME", "~/.ostinato"))
    except ValueError as error:
        problems.append(FieldError("OSTINATO_HOME", str(error)))
        return Path("/nonexistent")


def _overruled(name: str, own: Mapping[str, str]) -> bool:
    plain = name.removesuffix("_FILE")
    return plain in own or f"{plain}_FILE" in own


def _value(one: Field[Any], given: Mapping[str, str], problems: list[FieldError]) -> Any:
    name: str = one.metadata["variable"]
    try:
        text = _text(name, given, secret=one.metadata["secret"])
        if text is None:
            default = one.metadata["default"]
            text = default.replace("$OSTINATO_HOME", given["OSTINATO_HOME"]) if default is not None else None
        return None if text is None else one.metadata["parse"](text)
    except ValueError as error:
        problems.append(FieldError(name, str(error)))
        return None


def _text(name: str, given: Mapping[str, str], *, secret: bool) -> str | None:
    file = given.get(f"{name}_FILE") if secret else None
    if file is None:
        return given.get(name)
    if name in given:
        raise ValueError(f"is set, and {name}_FILE too; keep one of them")
    return _secret_file(file)


def _from_file(path: Path, problems: list[FieldError]) -> Iterator[tuple[str, str]]:
    """Give the assignments of the settings file, which may be missing; wrong lines become problems."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:
        problems.append(FieldError(str(path), f"cannot be read ({error}); make it a UTF-8 file you may read"))
        return
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        name, where = name.strip(), f"{path} line {number}"
        if not equals or not name.isidentifier():
            problems.append(FieldError(where, "is not NAME=value; comments start with #"))
        elif name in seen:
            problems.append(FieldError(where, f"sets {name} a second time; keep one"))
        elif name == "OSTINATO_HOME":
            problems.append(FieldError(where, "OSTINATO_HOME says where this file is; set it in the environment"))
        elif name not in _KNOWN:
            problems.append(FieldError(where, f"{name} is not a setting{_nearest(name)}"))
        elif text := _unquoted(value):
            seen.add(name)
            yield name, text


def _lease_too_short(lease: timedelta | None, timeout: timedelta | None) -> Iterator[FieldError]:
    """A post is sent only while a whole request still fits into the lease, which is renewed meanwhile."""
    if lease is not None and timeout is not None and lease < 2 * timeout:
        said = (
            f"{format_duration(lease)} is less than twice OSTINATO_REQUEST_TIMEOUT ({format_duration(timeout)}); "
            f"set OSTINATO_LEASE to {format_duration(2 * timeout)} or longer, "
            f"or OSTINATO_REQUEST_TIMEOUT to {format_duration(lease / 2)} or shorter"
        )
        yield FieldError("OSTINATO_LEASE", said)


def _unknown(given: Iterable[str]) -> Iterator[FieldError]:
    for name in sorted(given):
        if name not in _KNOWN:
            yield FieldError(name, f"is not a setting{_nearest(name)}")


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, sorted(_KNOWN), n=1)
    return f"; did you mean {near[0]}?" if near else "; see docs/settings.md"


_KNOWN = frozenset(name for name, _ in variables())
