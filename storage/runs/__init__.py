"""Runs: planned, claimed, recorded step by step, and read."""

from storage.runs.asking import record_question, record_replaced, release_asked
from storage.runs.claiming import claim, next_work_at, reclaim, renew
from storage.runs.ending import end_unsent, maybe_out
from storage.runs.invalid import pause_invalid
from storage.runs.planning import PlannedTemplate, insert_planned, insert_requested, plan, plan_parts
from storage.runs.reading import decide, facts, find, gaps, get, held, list_runs, reopen, started_threads
from storage.runs.revising import revise
from storage.runs.slots import PlannedRun, Slots, gaps_beyond, record_slots, replace_gap
from storage.runs.standing import Tally, taken, taken_ahead, tallies, waiting_until
from storage.runs.steps import finish, record_choice, record_drafts, record_gather, record_held, release
from storage.runs.turns import Turn, line_up, take_turn

__all__ = [
    "PlannedRun",
    "PlannedTemplate",
    "Slots",
    "Tally",
    "Turn",
    "claim",
    "decide",
    "end_unsent",
    "facts",
    "find",
    "finish",
    "gaps",
    "gaps_beyond",
    "get",
    "held",
    "insert_planned",
    "insert_requested",
    "line_up",
    "list_runs",
    "maybe_out",
    "next_work_at",
    "pause_invalid",
    "plan",
    "plan_parts",
    "reclaim",
    "record_choice",
    "record_drafts",
    "record_gather",
    "record_held",
    "record_question",
    "record_replaced",
    "record_slots",
    "release",
    "release_asked",
    "renew",
    "reopen",
    "replace_gap",
    "revise",
    "started_threads",
    "take_turn",
    "taken",
    "taken_ahead",
    "tallies",
    "waiting_until",
]
