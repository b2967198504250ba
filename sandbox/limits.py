"""The three rate-limit tiers: a fixed window each, which starts at its first request."""

from dataclasses import dataclass

from sandbox.answers import ApiError


@dataclass(slots=True)
class Tier:
    """At most *allowed* requests in a window of *seconds*."""

    allowed: int
    seconds: int
    started: float = float("-inf")
    used: int = 0

    def take(self, now: float) -> None:
        """Count one request at *now* (Unix seconds).

        Raises ApiError 429 with Retry-After when the window is full; a refused request is not counted.
        """
        if now - self.started >= self.seconds or now < self.started:
            self.started, self.used = now, 0
        if self.used >= self.allowed:
            raise too_many(self.seconds)
        self.used += 1


class Tiers:
    """Read, write and delete, as the API counts them: per account, not per endpoint."""

    def __init__(self) -> None:
        self._read = Tier(10, 1)
        self._write = Tier(30, 60)
        self._delete = Tier(15, 60)

    def take(self, method: str, now: float) -> None:
        """Count a request by its *method*, or raise ApiError 429."""
        if method == "DELETE":
            self._delete.take(now)
        elif method in ("POST", "PUT", "PATCH"):
            self._write.take(now)
        else:
            self._read.take(now)


def too_many(seconds: int, code: str = "rate_limit_exceeded") -> ApiError:
    """Return the 429 that asks the caller to wait for *seconds*; other codes than the API's own are throttles of X."""
    error = ApiError(429, code, retryAfter=seconds)
    error.headers["Retry-After"] = str(seconds)
    return error
