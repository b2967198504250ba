"""The answers to "why?" as a person reads them: the short one, the chain, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from commands.output import first_line, moment, say, table
from commands.provenance import print_chosen
from commands.samples import print_drafts, print_material
from domain.publication import UPLOADED, Publication
from domain.run import Run, RunStatus
from scheduler.operations import why


def state(run: Run, doubtful: bool) -> str:
    """Give a run's state as people read it: one whose post is being asked about is not merely queued."""
    return "unknown (asking)" if doubtful and run.status is RunStatus.QUEUED else run.status.value


def line(found: why.Answer) -> str:
    """Give one answer in one line."""
    if isinstance(found, why.Why):
        run = found.run
        return f"{moment(run.slot_at)}  {state(run, found.doubtful)}  {run.id}  {found.sentence}"
    if isinstance(found, why.WhyGap):
        return _gap_line(found)
    if isinstance(found, why.WhySlot):
        reason = f" ({found.reason.value})" if found.reason else ""
        return f"{moment(found.slot_at)}  {found.standing.value}{reason}  {found.sentence}"
    return f"{found.template} at {moment(found.at)}: {found.sentence}"


def print_answer(found: why.Answer) -> None:
    """Print the whole answer."""
    if isinstance(found, why.Why):
        _print_run(found)
        return
    say(line(found) if isinstance(found, (why.WhyGap, why.WhyNothing)) else f"{found.template}, slot {line(found)}")
    if isinstance(found, why.WhyNothing):
        _print_neighbours(found)
    elif found.chain:
        _print_chain(found.chain)


def _gap_line(found: why.WhyGap) -> str:
    gap = found.gap
    slots = f"{gap.count} slots from {moment(gap.start)} to {moment(gap.end)}"
    if gap.count == 1:
        slots = f"the slot {moment(gap.start)}"
    said = f"{found.template}: {slots} posted nothing ({gap.reason.value}): {found.sentence}"
    return said if found.slot_at is None or gap.count == 1 else f"{said}; slot {moment(found.slot_at)} is one of them"


def _print_neighbours(found: why.WhyNothing) -> None:
    rows = [
        (name, each.at, each.status or each.reason, each.run_id, each.sentence)
        for name, each in (("before", found.before), ("after", found.after))
        if each is not None
    ]
    say()
    table(("", "slot", "", "run", "what becomes of it"), rows, empty="there is no slot before or after it")


def _print_run(found: why.Why) -> None:
    run = found.run
    reason = f" ({run.reason.value})" if run.reason else ""
    say(f"{found.template}, slot {moment(run.slot_at)}: {state(run, found.doubtful)}{reason}")
    say(found.sentence)
    _print_chain(found.chain)
    say()
    print_material(found.material, found.rejected)
    print_drafts(found.drafts, found.chosen, found.choice_reason)
    print_chosen(found.drafts, found.chosen, found.material)
    say()
    _print_publications(found.publications)
    say()
    _print_callbacks(found.callbacks)


def _print_chain(chain: why.Chain) -> None:
    say()
    say("What decided")
    rows = [
        (f"  {_name(each)}", each.effect.value.replace("_", " "), first_line(each.said, 1000))
        for each in chain
        if each.effect is not why.Effect.NOT_REACHED
    ]
    table(("  link", "effect", "decision"), rows, empty="  nothing is known")
    if rest := [_name(each) for each in chain if each.effect is why.Effect.NOT_REACHED]:
        say(f"  not reached: {', '.join(rest)}")


def _name(link: why.Link) -> str:
    return link.step.value.replace("_", " ")


def _print_publications(publications: Sequence[Publication]) -> None:
    say("Publications")
    for each in publications:
        place = f"group {each.group + 1}, part {each.part + 1}, attempt {each.attempt + 1}"
        out = f" as {each.tweet_id}" if each.tweet_id else ""
        found_by = f", found by {each.settled_by}" if each.settled_by else ""
        reason = f": {each.reason}" if each.reason else ""
        say(f"  {each.id}  {place}: {each.outcome.value if each.outcome else 'not known'}{out}{found_by}{reason}")
        say(f"    key {each.idempotency_key}")
        settled = f", settled {moment(each.settled_at)}" if each.settled_at else ""
        asked = f", asked {each.asks} times" if each.asks else ""
        next_ask = f", next question {moment(each.next_ask_at)}" if each.next_ask_at and not each.settled_at else ""
        label = ", labelled as made with AI" if each.made_with_ai else ""
        picture = f", with the picture {each.picture.media_id}" if each.picture else ""
        handed = "given up" if each.settled_by == UPLOADED else "handed over"
        say(f"    {handed} {moment(each.intended_at)}{label}{picture}{settled}{asked}{next_ask}")
    if not publications:
        say("  nothing was sent")


def _print_callbacks(callbacks: Sequence[why.Callback]) -> None:
    say("Callbacks")
    told = [(each.event, each.webhook_id, each.status, each.attempts, each.last_error) for each in callbacks]
    table(("event", "webhook", "status", "attempts", "last error"), told, empty="  nobody was to be told")
    for each in callbacks:
        for number, one in enumerate(each.tries, 1):
            answer = f"status {one.status}" if one.status is not None else "accepted" if one.ok else "no answer"
            said = f": {one.error}" if one.error else ""
            took = f"{answer} after {one.duration_ms} ms{said}"
            say(f"  {each.event}, attempt {number} at {moment(one.at)}: {took}")
