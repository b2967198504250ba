"""The figures that were promised, by the benchmark that measures them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What *figure* of a benchmark must be: under *limit*, or with *at_least* no less than it.

    A figure that is *of_a_cell* stands among the benchmark's cells as well, with what it was measured beside.
    """

    figure: str
    words: str
    limit: float
    unit: str = ""
    at_least: bool = False
    of_a_cell: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value < self.limit

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.at_least else '<'} {self.said(self.limit)}"

    def said(self, value: float) -> str:
        """Give *value* with its unit."""
        return f"{value:,} {self.unit}".rstrip()


# In the order in which they are run: what needs a quiet machine most comes first.
GOALS: dict[str, tuple[Goal, ...]] = {
    "footprint": (
        Goal("cold_start_seconds", "daemon: start to `daemon.ready`", 1.5, "s"),
        Goal("idle_megabytes", "daemon: memory when idle after start", 100, "MB"),
        Goal("idle_cpu_percent", "daemon: share of a core when idle", 0.5, "%"),
        Goal("worked_megabytes", "daemon: memory after the demo's work, without its process pool", 150, "MB"),
        Goal("install_megabytes", "install size, without development tools", 350, "MB"),
        Goal("help_seconds", "`ostinato --help`", 0.3, "s"),
    ),
    "schedule": (
        Goal("late_p99_ms", "lateness p99: 10,000 templates, 50 slots/s", 100, "ms"),
        Goal("planned_10k_per_second", "slots planned, 10,000 templates due at once", 10_000, "/s", at_least=True),
        Goal("planned_100k_per_second", "slots planned, 100,000 templates due at once", 10_000, "/s", at_least=True),
        Goal("planned_after_outage_per_second", "the same, due over an hour of outage", 10_000, "/s", at_least=True),
        Goal(
            "times_apscheduler",
            "firings beside APScheduler's SQL job store, a durable row each, the worst cell",
            30,
            "times",
            at_least=True,
            of_a_cell=True,
        ),
        Goal(
            "steady_late_p99_ms",
            "100,000 templates, 1,000 slots/s: late p99, the worse store",
            75,
            "ms",
            of_a_cell=True,
        ),
        Goal("steady_blocked_ms", "the same: event loop blocked, longest", 20, "ms", of_a_cell=True),
        Goal("restart_seconds", "restart with 100,000 templates to the first plan", 1, "s"),
    ),
    "restart": (
        Goal("restart_ms", "restart with 100,000 templates to the first plan", 50, "ms", of_a_cell=True),
        Goal("templates_megabytes", "memory that 100,000 templates take", 25, "MB", of_a_cell=True),
    ),
    "runs": (
        Goal("runs_per_second", "runs of six recorded steps, 64 in flight", 1_500, "/s", at_least=True),
        Goal("sqlite_most_per_second", "256 in flight, SQLite", 4_000, "/s", at_least=True, of_a_cell=True),
        Goal("postgresql_most_per_second", "256 in flight, PostgreSQL", 3_500, "/s", at_least=True, of_a_cell=True),
        Goal("alone_of_limit_percent", "1 in flight: of the disk's commits", 70, "%", at_least=True, of_a_cell=True),
        Goal("times_dbos", "beside DBOS, 32 in flight", 50, "times", at_least=True, of_a_cell=True),
        Goal("times_procrastinate", "beside Procrastinate, 32 in flight", 15, "times", at_least=True, of_a_cell=True),
        Goal("times_celery", "beside Celery + Redis, 32 in flight", 12, "times", at_least=True, of_a_cell=True),
        Goal("times_dramatiq", "beside Dramatiq + Redis, 32 in flight", 12, "times", at_least=True, of_a_cell=True),
    ),
    "fleet": (
        Goal("times_one_worker", "a fleet of 2 workers: of what 1 does", 1.4, "times", at_least=True, of_a_cell=True),
        Goal("duplicates", "posts sent twice in any of it", 1),
    ),
    "endtoend": (
        Goal(
            "of_aiohttp_percent",
            "runs of the owner's words: of what aiohttp allows",
            50,
            "%",
            at_least=True,
            of_a_cell=True,
        ),
        Goal(
            "of_aiohttp_percent_from_a_page",
            "runs from a page: of what aiohttp allows",
            50,
            "%",
            at_least=True,
            of_a_cell=True,
        ),
    ),
    "planning": (
        Goal("plan_seconds", "`template plan`: a year of 100 templates of 6 slots a day", 8, "s"),
        Goal("plan_json_seconds", "the same with `--json`", 8, "s"),
        Goal("apply_seconds", "`template apply`: 1,000 new files", 5, "s"),
        Goal("apply_changed_seconds", "the same, all changed", 5, "s"),
    ),
    "why": (
        Goal("run_ms", "why of a run, a million slots of history", 100, "ms"),
        Goal("past_ms", "why of a past slot", 100, "ms"),
        Goal("gap_ms", "why of a slot among many that were missed", 100, "ms"),
        Goal("future_ms", "why of a slot 300 days ahead", 100, "ms"),
        Goal("no_slot_ms", "why of an instant that is no slot", 100, "ms"),
    ),
    "api": (
        Goal("list_p99_ms", "`GET /x/posts?page=1`, 100,000 posts, a commit before each: p99", 20, "ms"),
        Goal("create_per_second", "`POST /x/post`, 8 in flight", 500, "/s", at_least=True, of_a_cell=True),
        Goal("create_p99_ms", "the same: p99", 25, "ms"),
        Goal("recurring_seconds", "`GET /x/recurring`, 10,000 templates, after a commit", 1, "s", of_a_cell=True),
        Goal("recurring_megabytes", "the first one: memory beside what was there", 50, "MB"),
        Goal(
            "list_of_bare_percent",
            "posts listed again: of the bare one's",
            50,
            "%",
            at_least=True,
            of_a_cell=True,
        ),
        Goal("create_of_bare_percent", "posts created: of its inserts", 50, "%", at_least=True, of_a_cell=True),
        Goal("recurring_of_bare_percent", "templates listed again: of its", 50, "%", at_least=True, of_a_cell=True),
    ),
    "writer": (Goal("p95_ms", "all drafts of one post, 95th percentile", 100, "ms", of_a_cell=True),),
    "extract": (Goal("overhead_percent", "article from a page: over trafilatura alone", 15, "%", of_a_cell=True),),
    "feeds": (
        Goal("overhead_percent", "a feed that changed: over feedparser alone", 15, "%", of_a_cell=True),
        Goal("unchanged_overhead_percent", "a feed that did not change: over httpx alone", 15, "%", of_a_cell=True),
    ),
    "growth": (
        Goal("growth_percent", "a run after 1,000,000 runs: over one after 1,000", 20, "%", of_a_cell=True),
        Goal("pruned_to_percent", "database of 100,000 runs, pruned to a week: of its size", 60, "%"),
    ),
    "simulate": (
        Goal("spread_late_p99_seconds", "a million spread over a day, API's tier aside: p99 late", 60, "s"),
        Goal("peaks_late_p99_seconds", "a million with peaks, API's tier aside: p99 late", 900, "s"),
    ),
    "writing": (
        Goal("unverified", "drafts with words that no source has", 1),
        Goal("over_280", "parts that are too long for X", 1),
        Goal("undetermined", "pages that gave other drafts the second time", 1),
    ),
}
