"""What must have come of a campaign for its silence to prove anything: posts that were out, and faults that struck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from tests.chaos.audit import Audit
from tests.chaos.load import PARTS
from tests.chaos.plan import FAULTED, NEVER, SHARES, SLOW, Act, Form, Share

ANSWERED = 0.9  # of the publications that were ordered: out, or unknown and told
# Ends by which what was ordered may be lost: somebody cancelled it, or the key or the account was refused.
EXCUSED = ("(cancelled)", "(api_blocked)", "(account_blocked)")
NEVER_LATE = ("(missed)", "(too_late)")  # their grace is longer than any clock here is ever ahead
FEW = 5  # posts that met a fault: fewer may by chance all be among those that nobody can know of
SURE = 7.0  # requests expected to meet a fault from which chance alone leaves none once in a thousand times
UNKNOWABLE = frozenset({"drop_before", "error"})  # on `seed`: what was not written cannot be found
NO_ORDERS = frozenset({"start", "apply", "continue"})  # acts that are written down as something else, or not at all


@dataclass(frozen=True, slots=True)
class Struck:
    """How often each fault struck, by its name in the plan: *sandbox* requests, and callbacks at the *receiver*."""

    sandbox: Mapping[str, int]
    receiver: Mapping[str, int]


def unanswered(form: Form, found: Audit) -> Iterator[str]:
    """Say how the posts that were ordered once were not answered as they should be, in any form of the campaign."""
    runs, parts = found.counts["runs of once"], found.counts["parts of once"]
    excused = sum(count * _size(end) for end, count in runs.items() if end.endswith(EXCUSED))
    least = ceil(ANSWERED * (form.publications - excused))
    answered = parts.get("confirmed", 0) + parts.get("unknown", 0)
    if answered < least:
        yield f"of {form.publications} posts that were ordered {answered} are out or unknown, fewer than {least}"
    for end, count in runs.items():
        if end.endswith(NEVER_LATE):
            yield f"{count} times a run of a template that posts once: {end}"


def _size(end: str) -> int:
    return PARTS if end.startswith("thread") else 1


def unreconciled(form: Form, found: Audit) -> Iterator[str]:
    """Say which faults posts met of which not one was reconciled, in any form: they prove nothing."""
    shares = (*SHARES, *SLOW)
    beyond = {met_as(each, form) for each in shares} - {met_as(each, form) for each in shares if knowable(each, form)}
    for kind, met in found.reconciled_by_fault.items():
        if kind not in beyond and met.publications >= FEW and met.reconciled == 0:
            yield f"not one post that met {kind} was reconciled"


def unstruck(form: Form, acts: Sequence[Act], found: Audit, struck: Struck) -> Iterator[str]:
    """Say which of the things that were to go wrong did not; of a short form nothing is certain."""
    if form.short:
        return
    done = found.counts["orders"]
    yield from (f"{do} was planned and never done" for do in sorted({act.do for act in acts}) if not _done(do, done))
    asked = sum(found.counts["answers to posts"].values())
    for share in (*SHARES, *SLOW):
        if expected(share, form, asked) >= SURE:
            yield from _unproven(share, form, found, struck)
    for act in acts:
        if act.do == "fault" and not _is_share(act) and not struck.sandbox.get(act.fields["name"]):
            yield f"the fault {act.fields['name']} struck no request"
    if not struck.sandbox.get("token"):
        yield "the token that had expired met no request"
    for name in sorted({receiver_fault(act.fields) for act in acts if act.do == "receiver" and "kind" in act.fields}):
        if not struck.receiver.get(name):
            yield f"the receiver's fault {name} struck no callback"


def _done(do: str, done: Mapping[str, int]) -> bool:
    return do in NO_ORDERS or done.get(do, 0) > 0


def _is_share(act: Act) -> bool:
    return act.fields["name"] in {share.name for share in (*SHARES, *SLOW)}


def expected(share: Share, form: Form, asked: int) -> float:
    """Give how many of the posts that were *asked* for a share should meet."""
    shares, together = (SLOW, FAULTED / 10) if share in SLOW else (SHARES, FAULTED)
    mine: float = getattr(share, form.api)
    whole: float = sum(getattr(each, form.api) for each in shares)
    return asked * together * mine / whole


def receiver_fault(fields: Mapping[str, object]) -> str:
    """Give the name of a fault of the receiver: its kind, and its status where the kind has several."""
    return f"{fields['kind']} {fields['status']}" if fields["kind"] == "error" else str(fields["kind"])


def _unproven(share: Share, form: Form, found: Audit, struck: Struck) -> Iterator[str]:
    """Say so when a share struck nothing, or nothing that met it was ever reconciled although it could be."""
    if not struck.sandbox.get(share.name):
        yield f"the fault {share.name} struck no request"
        return
    met = found.reconciled_by_fault.get(met_as(share, form))
    if knowable(share, form) and (met is None or met.reconciled == 0):
        yield f"not one post that met {share.name} was reconciled"


def met_as(share: Share, form: Form) -> str:
    """Give the name under which the audit tells of a share: on `seed`, which keeps no keys, its kind alone."""
    seconds = share.params.get("settle_after")
    return share.kind if seconds is None or form.api == "seed" else f"{share.kind} {seconds:.10g} s"


def knowable(share: Share, form: Form) -> bool:
    """Tell whether what became of a post that met this fault can be found at all."""
    return share.params.get("settle_after") != NEVER and not (form.api == "seed" and share.kind in UNKNOWABLE)
