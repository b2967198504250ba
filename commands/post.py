"""`ostinato post`: what was posted."""

from __future__ import annotations

import asyncio
import sys

import click

from commands import links, wiring
from commands.groups import Commands
from commands.output import dry_run_option, first_line, json_option, say, show, table
from commands.provenance import print_part
from domain.errors import FieldError, InvalidInput
from domain.prices import XquikPrices
from domain.publication import Post, PostStatus
from scheduler.operations import deleting, posts, tweet_check, why
from scheduler.operations.deleting import Deletion
from scheduler.operations.posts import PostDetails
from scheduler.shown import details as shown
from scheduler.shown import views
from settings import Settings
from storage.database import Database
from storage.post_pages import Wanted

NOT_DONE = 6  # as for anything that the API did not do


@click.group(cls=Commands)
def command() -> None:
    """What was posted, and what became of it."""


@command.command("list")
@click.option("--template", "name", metavar="NAME", help="Only those of this template.")
@click.option("--run", "run_id", metavar="ID", help="Only those of this run.")
@click.option("--status", type=click.Choice([each.value for each in PostStatus]), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many posts.")
@json_option
def list_(name: str | None, run_id: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List posts, the newest first.

    \b
    Example:
      ostinato post list --status unknown
    """
    chosen = PostStatus(status) if status else None
    with wiring.opened() as database:
        found = posts.list_posts(
            database, template=name, run_id=run_id, wanted=Wanted(status=chosen, owner_id=None), limit=limit
        )
        site = links.site(database)
    rows = [
        (
            each.id,
            each.account,
            each.part + 1,
            each.status,
            links.link(site, each.tweet_id),
            first_line(each.text, 60),
        )
        for each in found
    ]
    columns = ("id", "account", "part", "status", "url", "text")
    view = {"posts": [views.post(each, site) for each in found]}
    show(view, lambda: table(columns, rows, empty="no posts"), as_json=as_json)


@command.command("show")
@click.argument("post_id", metavar="ID")
@json_option
def show_(post_id: str, as_json: bool) -> None:
    """Show the post ID: where its words come from, and every attempt to publish it. ID may also be a publication's.

    \b
    Example:
      ostinato post show 0b6c4f0e-7a86-4c43-9f0e-6f1f0c1d2e3f
    """
    with wiring.opened() as database:
        details = posts.details(database, post_id)
        written = why.of_post(database, details.post)
        site = links.site(database)
    _show_details(details, written, site, as_json)


@command.command()
@click.argument("post_id", metavar="ID")
@click.option("--posted", "tweet", metavar="TWEET", help="It is out: the tweet's id or URL.")
@click.option("--not-posted", is_flag=True, help="It is certainly not out. Look at the account first.")
@click.option("--note", metavar="TEXT", help="How you know, for whoever looks later.")
@click.option("--force", is_flag=True, help="Take the tweet unseen: do not ask the API whether it is this post.")
@dry_run_option
@json_option
def settle(
    post_id: str, tweet: str | None, not_posted: bool, note: str | None, force: bool, dry_run: bool, as_json: bool
) -> None:
    """Decide what became of the post ID whose outcome is unknown. Its run then goes on.

    The API is asked whether the tweet exists and is this account's and this text. What a person decided can be decided
    anew.

    \b
    Example:
      ostinato post settle 0b6c4f0e-7a86-4c43-9f0e-6f1f0c1d2e3f --posted https://x.com/acme/status/1790000000000000001
      ostinato post settle 0b6c4f0e-7a86-4c43-9f0e-6f1f0c1d2e3f --not-posted --note "looked at the timeline"
    """
    if (tweet is None) is not not_posted:
        raise InvalidInput([FieldError("outcome", "give either --posted TWEET or --not-posted")])
    settings = wiring.settings()
    with wiring.opened(settings, dry_run=dry_run) as database:
        if tweet is not None and not force:
            asyncio.run(_check(settings, database, posts.details(database, post_id).post, posts.tweet_id(tweet)))
        details = posts.settle(database, post_id, tweet=tweet, note=note, now=wiring.now(), new_id=wiring.new_id)
        written = why.of_post(database, details.post)
        site = links.site(database)
    _show_details(details, written, site, as_json, dry_run=dry_run)


@command.command()
@click.argument("post_id", metavar="ID")
@click.option("--thread", is_flag=True, help="All parts of its thread that are out, the last first.")
@click.option("--note", metavar="TEXT", help="Why, for whoever looks later.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@dry_run_option
@json_option
def delete(post_id: str, thread: bool, note: str | None, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Delete the post ID from X. It stays in the records, as deleted, and is not posted again.

    Costs what the API asks for it (10 credits a post). When the answer of the API was lost, ask again: that does no
    harm. A post of which it is not known whether it is out must be settled first.

    \b
    Example:
      ostinato post delete 0b6c4f0e-7a86-4c43-9f0e-6f1f0c1d2e3f
      ostinato post delete 0b6c4f0e-7a86-4c43-9f0e-6f1f0c1d2e3f --thread --yes --note "wrong date"
    """
    if as_json and not (yes or dry_run):
        raise click.UsageError("--json asks nothing; add --yes when it is meant")
    settings = wiring.settings()
    with wiring.opened(settings) as database:
        site = links.site(database)
        chosen = deleting.wanted(database, post_id, thread=thread)
        out = [each for each in chosen if each.status is PostStatus.PUBLISHED]
        if dry_run:
            _show_deletion(Deletion(tuple(chosen)), site, as_json, dry_run=True)
            return
        if out and not yes:
            for each in out:
                say(f"@{each.account}, part {each.part + 1}: {first_line(each.text)} {links.link(site, each.tweet_id)}")
            _ask("Delete this from X?" if len(out) == 1 else f"Delete these {len(out)} from X?")
        found = asyncio.run(_delete(settings, database, chosen, note)) if out else Deletion(tuple(chosen))
    _show_deletion(found, site, as_json)
    if found.left:
        raise click.exceptions.Exit(NOT_DONE)


def _ask(question: str) -> None:
    """Go on only with a yes. Raises click.Abort, and click.UsageError where nobody is there who could answer."""
    try:
        meant = click.confirm(question)
    except click.Abort as error:
        if sys.stdin.isatty():
            raise
        click.echo()  # the question stands on a line without an end
        raise click.UsageError("nobody answers here; add --yes when it is meant") from error
    if not meant:
        raise click.Abort


def _show_deletion(found: Deletion, site: str, as_json: bool, *, dry_run: bool = False) -> None:
    def human() -> None:
        for each in found.deleted:
            say(f"deleted   {each.id}  part {each.part + 1}: {first_line(each.text)}")
        for each in found.left:
            say(f"still out {each.id}  part {each.part + 1}: {first_line(each.text)}")
        if found.error:
            say(f"{found.error}; ask again, which does no harm")

    show(shown.deletion(found, site), human, as_json=as_json, dry_run=dry_run)


async def _delete(settings: Settings, database: Database, chosen: list[Post], note: str | None) -> Deletion:
    from commands.outside import api, needs_key
    from publishers.x import XPublisher

    async with api(needs_key(settings, database), database) as (transport, writer):
        publisher = XPublisher(transport)
        return await deleting.delete(
            writer.call,
            publisher,
            chosen,
            note=note,
            clock=wiring.now,
            new_id=wiring.new_id,
            cost=XquikPrices(settings.xquik_credit).deletion,
        )


async def _check(settings: Settings, database: Database, post: Post, tweet_id: str) -> None:
    from commands.outside import api, with_key

    reachable = with_key(settings, database)
    if reachable is None:
        await tweet_check.check(None, tweet_id, post)
        return
    async with api(reachable, database) as (transport, _):
        await tweet_check.check(transport, tweet_id, post)


def _show_details(
    details: PostDetails, written: why.Written, site: str, as_json: bool, *, dry_run: bool = False
) -> None:
    post, url = details.post, links.link(site, details.post.tweet_id)

    def human() -> None:
        say(
            f"{details.template}, run {post.run_id}, part {post.part + 1}: {post.status.value}"
            + (f" {url}" if url else "")
        )
        say()
        say(post.text)
        say()
        print_part(written.part, written.material)
        say()
        rows = [
            (
                each.id,
                each.attempt + 1,
                each.outcome or "not known",
                each.tweet_id,
                each.settled_by,
                each.reason,
                each.intended_at,
            )
            for each in details.publications
        ]
        if any(each.made_with_ai for each in details.publications):
            say("sent with the label: made with AI")
        columns = ("publication", "attempt", "outcome", "tweet", "found by", "reason", "intended")
        table(columns, rows, empty="never sent")

    show(shown.post(details, written, site), human, as_json=as_json, dry_run=dry_run)
