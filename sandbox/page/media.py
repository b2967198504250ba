"""Uploaded files, shown back under the URL that their upload answered with."""

from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox.world import World

TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".mp4": "video/mp4",
}


def serve_media(world: World, request: Request) -> Response:
    """Return the bytes of an uploaded file; one that was given by URL has none."""
    name = PurePosixPath(request.path_params["name"])
    row = None
    if name.stem.isascii() and name.stem.isdecimal() and len(name.stem) < 20 and name.suffix in TYPES:
        row = world.db.execute("SELECT content FROM media WHERE id = ?", (int(name.stem),)).fetchone()
    if row is None or not row["content"]:
        return PlainTextResponse("No such file.", 404)
    return Response(row["content"], media_type=TYPES[name.suffix], headers={"X-Content-Type-Options": "nosniff"})
