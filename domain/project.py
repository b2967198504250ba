"""Projects: what the owner's posts are about, as context for whoever writes them. No source of facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.owner import LOCAL_OWNER

NAME_LIMIT = 200  # AutoContent API, projects
DESCRIPTION_LIMIT = 5_000
COLOURS_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours that play a part, written #rrggbb: AutoContent API, projects."""

    text: str | None = None
    background: str | None = None
    brand: str | None = None
    accent: str | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A brand or an undertaking in its owner's words: *description*, or else what the page at *url* says of it.

    *found* is that page's text: somebody else's words, which no post may repeat on the owner's account. *colours* are
    written #rrggbb, and so are those of the *palette*. *image* refers to a picture: a URL, or the id of a file.
    *deleted_at* hides it; templates that name it go on without it.
    """

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    url: str | None = None
    found: str | None = None
    colours: tuple[str, ...] = ()
    palette: Palette = Palette()
    image: str | None = None
    deleted_at: datetime | None = None
    owner_id: str = LOCAL_OWNER

    @property
    def words(self) -> str:
        """What the owner says of it: words that a post may use without a source."""
        return f"{self.name}. {self.description}".strip() if self.description else self.name
