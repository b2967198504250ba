"""Uploading media: `POST /x/media`, as a form with a file or as JSON with a URL. 10 credits."""

import hashlib
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile

from sandbox.answers import Answer, ApiError, Json, invalid
from sandbox.api import accounts, writes
from sandbox.call import Call

COST = 10


def upload_media(call: Call) -> Answer:
    """`POST /x/media`: gives a media id for `media_ids`, valid 24 h.

    A URL is checked as X would check it, and kept; the sandbox itself fetches nothing.
    """
    body, content = _from_form(call) if call.form is not None else (call.json(), b"")
    named = accounts.named_in(body)
    if call.form is None:
        kind, suffix = _from_url(body.get("url"))
    else:
        kind, suffix = sniff(content)
    if answer := writes.replayed(call, "upload_media", body):
        return answer
    account = accounts.writable(call, named)
    call.world.charge(COST)
    media_id = call.world.ids.next(call.now)
    url = str(body["url"]) if call.form is None else f"{call.origin}/media/{media_id}{suffix}"
    call.world.db.execute(
        "INSERT INTO media (id, account_id, kind, url, content, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (media_id, account["id"], kind, url, content, call.now),
    )
    result = {"mediaId": str(media_id), "mediaUrl": url}
    return writes.record(call, writes.Write("upload_media", account, body, result, cost=COST))


def sniff(content: bytes) -> tuple[str, str]:
    """Return kind and file suffix by the first bytes. Raises ApiError 400 for what X does not take."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "photo", ".png"
    if content.startswith(b"\xff\xd8\xff"):
        return "photo", ".jpg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "photo", ".gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "photo", ".webp"
    if content[4:8] == b"ftyp":
        return ("photo", ".avif") if content[8:12] in (b"avif", b"avis") else ("video", ".mp4")
    raise invalid("file must be AVIF, GIF, JPEG, PNG, WebP or MP4.")


def _from_form(call: Call) -> tuple[Json, bytes]:
    assert call.form is not None
    upload, account = call.form.get("file"), call.form.get("account")
    if not isinstance(upload, UploadFile):
        raise invalid("file is required.")
    content = upload.file.read()
    # The digest stands for the file, so that a replay with another file is noticed.
    return {"account": account, "file": hashlib.sha256(content).hexdigest()}, content


def _from_url(url: object) -> tuple[str, str]:
    if not isinstance(url, str) or not url:
        raise invalid("url is required.")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or _private(parts.hostname):
        raise ApiError(422, "media_download_failed", "The URL must be https and public.")
    return ("video", ".mp4") if parts.path.lower().endswith(".mp4") else ("photo", "")


def _private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
