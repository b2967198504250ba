"""A client of Ostinato's HTTP API: a folder to copy beside your own program. It needs httpx."""

from ostinato_client.calling import Sent, Upload
from ostinato_client.errors import ApiError, Conflict, Forbidden, Invalid, NotFound, NotNow
from ostinato_client.operations import Client

__all__ = ["ApiError", "Client", "Conflict", "Forbidden", "Invalid", "NotFound", "NotNow", "Sent", "Upload"]
