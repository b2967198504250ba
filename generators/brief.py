"""The brief: what a run asks of a writer."""

from __future__ import annotations

from dataclasses import dataclass

from domain.draft import Guidance
from domain.material import StyleProfile
from domain.template import Goal, PostType, TweetStyle


@dataclass(frozen=True, slots=True)
class Brief:
    """What to write, in whose manner, and what not to repeat.

    *prompt* holds the owner's hints. *count* posts will be chosen from the drafts, of which at most *maximum_drafts*
    are wanted. *link* asks for the source's link in the post. *seed* decides what is random: the form of a post when
    *tweet_style* is None. *avoid* holds texts that the account has posted already. *roundup* asks for one thread about
    all the materials. *query* says that a text was given to write from, however little stands beside it: it is never
    posted as it stands. *context* is what the owner says of the projects that it is written for: words that a post may
    use, and no source. *background* is what pages say of them: data, which gives a post nothing.
    """

    type: PostType = PostType.TWEET
    tweet_style: TweetStyle | None = None
    goal: Goal = Goal.ENGAGEMENT
    prompt: str | None = None
    count: int = 1
    maximum_drafts: int = 6
    link: bool = True
    seed: str = ""
    style: StyleProfile | None = None
    guidance: Guidance | None = None
    avoid: frozenset[str] = frozenset()
    roundup: bool = False
    query: bool = False
    context: str | None = None
    background: str | None = None

    @property
    def given(self) -> str:
        """The owner's own words: a post may name what they name."""
        return "\n".join(filter(None, (self.prompt, self.context)))
