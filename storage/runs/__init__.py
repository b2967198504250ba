"""Runs: planned, claimed, recorded step by step, and read."""

from storage.runs.claiming import claim, next_work_at, reclaim, renew
from storage.runs.invalid import pause_invalid
from storage.runs.planning import PlannedTemplate, insert_requested, plan
from storage.runs.reading import decide, facts, find, gaps, get, list_runs, reopen, started_threads
from storage.runs.slots import PlannedRun, Slots, record_slots
from storage.runs.steps import finish, record_choice, record_drafts, record_gather, record_held, release

__all__ = [
    "PlannedRun",
    "PlannedTemplate",
    "Slots",
    "claim",
    "decide",
    "facts",
    "find",
    "finish",
    "gaps",
    "get",
    "insert_requested",
    "list_runs",
    "next_work_at",
    "pause_invalid",
    "plan",
    "reclaim",
    "record_choice",
    "record_drafts",
    "record_gather",
    "record_held",
    "record_slots",
    "release",
    "renew",
    "reopen",
    "started_threads",
]
