"""Media: upload a picture, to be named in a tweet within a day. An upload posts nothing, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable

from domain.errors import ApiUnclear
from xquik.form import form
from xquik.transport import Transport
from xquik.write_record import State, WriteRecord, read_record

MEDIA_PATH = "/x/media"


async def upload(
    transport: Transport,
    *,
    account: str,
    content: bytes,
    media_type: str,
    file_name: str,
    idempotency_key: str,
    may_send: Callable[[], None],
) -> WriteRecord:
    """Send `POST /x/media` once with the bytes of a file; DONE comes with a media id.

    Raises as `Transport.write` does; a 2xx answer that names neither a file nor a pending or failed write is
    ApiUnclear.
    """
    body = form({"account": account}, name="file", file_name=file_name, media_type=media_type, content=content)
    answer = await transport.write("POST", MEDIA_PATH, body, idempotency_key=idempotency_key, may_send=may_send)
    record = read_record(answer)
    if record.state is State.DONE and record.media_id is None:
        said = f"POST {MEDIA_PATH}: {answer.status} without a media id"
        raise ApiUnclear(said, status=answer.status, status_url=answer.status_url)
    return record
