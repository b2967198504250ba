"""Runs: planned, claimed, recorded step by step, and read."""

from storage.runs.account_waits import ask_anew
from storage.runs.asking import record_question, record_replaced, release_asked
from storage.runs.claiming import claim, next_work_at, reclaim, renew
from storage.runs.ending import end_unsent, maybe_out
from storage.runs.invalid import pause_invalid
from storage.runs.planning import PlannedTemplate, insert_planned, insert_requested, plan, plan_parts
from storage.runs.reading import decide, facts, find, gaps, get, held, reopen, started_threads
from storage.runs.revising import revise
from storage.runs.slots import PlannedRun, Slots, gaps_beyond, record_slots, replace_gap
from storage.runs.standing import Tally, taken, taken_ahead, tallies, waiting_until
from storage.runs.steps import finish, record_choice, record_drafts, record_gather, record_held, release
from storage.runs.turns import Head, Wait, hand_over, have_ready, held_up, hold_back, take_heads, take_turns

__all__ = [
    "Head",
    "PlannedRun",
    "PlannedTemplate",
    "Slots",
    "Tally",
    "Wait",
    "ask_anew",
    "claim",
    "decide",
    "end_unsent",
    "facts",
    "find",
    "finish",
    "gaps",
    "gaps_beyond",
    "get",
    "hand_over",
    "have_ready",
    "held",
    "held_up",
    "hold_back",
    "insert_planned",
    "insert_requested",
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
    "take_heads",
    "take_turns",
    "taken",
    "taken_ahead",
    "tallies",
    "waiting_until",
]
