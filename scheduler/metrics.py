"""The numbers that Prometheus is given, in a registry of their own."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from scheduler.event_tail import Told
from scheduler.health import Finding
from scheduler.vitals import Vitals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LATENESS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)  # seconds

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each: the process says when it began


class Metrics:
    """Counters since this process began, and gauges of the last look at SQL. Every name begins with `ostinato_`."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"ostinato_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"ostinato_{name}", text, labels, registry=registry)

        ProcessCollector(registry=registry)
        Info("ostinato_build", "What runs.", registry=registry).info(_build())
        self._runs = counter("runs", "Runs and skipped slots that ended.", "status", "reason")
        self._events = counter("events", "Events recorded.", "type")
        self._planned = counter("slots_planned", "Slots that got a run.")
        self._publications = counter("publications", "What became known of publications.", "outcome", "found_by")
        self._deliveries = counter("deliveries", "Attempts to deliver an event.", "result")
        self._feed_reads = counter("feed_reads", "Feeds read.", "result")
        self._spent = counter("spent_dollars", "What was paid for posts that went out and for model calls.", "kind")
        self._drafts = counter("model_drafts", "Drafts that the language model was asked for.", "result")
        self._lateness = Histogram(
            "ostinato_lateness_seconds", "From a slot's time to its run's begin.", buckets=LATENESS, registry=registry
        )
        self._check = gauge("check_ok", "1 while a check of /healthz is green.", "check")
        self._open_runs = gauge("runs_open", "Runs that are not done.", "status")
        self._templates = gauge("templates", "Templates.", "status")
        self._permits = gauge("rate_permits_used", "Permits taken in the current window of the API key.", "tier")
        self._pending = gauge("deliveries_pending", "Deliveries that are not done.")
        self._unsettled = gauge("publications_unsettled", "Publications whose outcome is not known.")
        self._unread = gauge("failures_unread", "Failures that nobody has marked as read.")
        self._feeds = gauge("feeds", "Feeds.")
        self._failing = gauge("feeds_failing", "Feeds whose last read failed.")

    def count_events(self, told: Iterable[Told]) -> None:
        """Count events, and what ended with them. May be called from any thread."""
        for each in told:
            self._events.labels(each.type.value).inc()
            if each.slots:
                self._runs.labels(each.status, each.reason).inc(each.slots)
            if each.late is not None:
                self._lateness.observe(max(0.0, each.late.total_seconds()))

    def count_planned(self, slots: int) -> None:
        """Count *slots* that got a run."""
        self._planned.inc(slots)

    def count_publication(self, outcome: str, found_by: str) -> None:
        """Count what became known of a publication: once when it is sent, once more when an unknown one is settled."""
        self._publications.labels(outcome, found_by).inc()

    def count_spent(self, kind: str, micros: int) -> None:
        """Count what was paid for a post or a model call, in millionths of a US dollar."""
        self._spent.labels(kind).inc(micros / 1_000_000)

    def count_delivery(self, result: str) -> None:
        """Count one attempt: delivered, failed (it is tried again) or refused (it is not)."""
        self._deliveries.labels(result).inc()

    def count_drafts(self, written: int, missing: int) -> None:
        """Count the drafts of one step of the model: those that passed, and those that the embedded writer gave."""
        self._drafts.labels("written").inc(written)
        self._drafts.labels("missing").inc(missing)

    def count_feed_read(self, result: str) -> None:
        """Count one read of a feed: read or failed."""
        self._feed_reads.labels(result).inc()

    def page(self, findings: Iterable[Finding], vitals: Vitals | None) -> bytes:
        """Give all of it as Prometheus text. Without *vitals* (SQL did not answer) gauges keep what was last seen."""
        for each in findings:
            self._check.labels(each.check).set(each.ok)
        if vitals is not None:
            self._set(vitals)
        return generate_latest(self._registry)

    def _set(self, vitals: Vitals) -> None:
        _set_each(self._open_runs, vitals.runs)
        _set_each(self._templates, vitals.templates)
        self._permits.clear()  # a tier whose window has ended has used nothing
        _set_each(self._permits, vitals.permits)
        self._pending.set(vitals.deliveries)
        self._unsettled.set(vitals.unsettled)
        self._unread.set(vitals.unread)
        self._feeds.set(vitals.feeds)
        self._failing.set(vitals.feeds_failing)


def _set_each(gauge: Gauge, values: Mapping[str, int]) -> None:
    for label, value in values.items():
        gauge.labels(str(label)).set(value)


def _build() -> dict[str, str]:
    try:
        own = version("ostinato")
    except PackageNotFoundError:  # run from a checkout that is not installed
        own = "0"
    return {"version": own, "python": platform.python_version()}
