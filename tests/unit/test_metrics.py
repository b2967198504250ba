"""What Prometheus is given: each metric is documented, named as it wants, and of few labels."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from domain.event import EventType
from domain.reasons import Reason
from domain.run import RunStatus
from scheduler.event_tail import Told
from scheduler.health import Finding
from scheduler.metrics import Metrics

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()
# What a label's values are: words of the program, and never an id, a name, a text or a URL, of which there is no end.
BOUNDED = {
    "status", "reason", "outcome", "found_by", "result", "type", "check", "tier", "version", "python", "le", "unit",
    "payee", "kind", "step",
}  # fmt: skip


def families() -> dict[str, tuple[str, str, set[str]]]:
    """Give each family of ours by its name, as it is written: its type, its text and its labels."""
    shown = Metrics().page([Finding("planner", ok=True, detail="")], None).decode()
    found = {}
    for family in text_string_to_metric_families(shown):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = (family.type, family.documentation, {label for each in family.samples for label in each.labels})
    return {name: each for name, each in found.items() if name.startswith("ostinato_")}


def documented() -> dict[str, str]:
    """Give the second column of the table of metrics by the names in the first."""
    rows = [row.split("|")[1:3] for row in PAGE.splitlines() if row.startswith("| `ostinato_")]
    return {name: labels for names, labels in rows for name in re.findall(r"`(ostinato_\w+)`", names)}


def test_every_metric_is_documented_and_nothing_else_is() -> None:
    assert sorted(families()) == sorted(documented())


def test_names_and_texts_are_as_prometheus_wants_them() -> None:
    for name, (kind, text, _) in families().items():
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), name
        assert name.endswith("_total") == (kind == "counter"), name
        assert not re.search(r"milliseconds|minutes|_ms\b|kilobytes|percent", name), f"{name} is not in a base unit"
        assert text.endswith("."), f"{name} has no text"


def test_labels_have_few_values() -> None:
    made: dict[str, tuple[str, ...]] = {}
    metrics = Metrics()
    for each in vars(metrics).values():
        if hasattr(each, "_labelnames"):
            made[each._name] = tuple(each._labelnames)
    assert made
    assert {label for labels in made.values() for label in labels} <= BOUNDED
    for name, labels in made.items():
        shown = next(text for known, text in documented().items() if known.removesuffix("_total") == name)
        assert re.findall(r"`(\w+)`", shown) == list(labels), name


def test_what_was_counted_is_shown_with_its_reason() -> None:
    metrics = Metrics()
    metrics.count_drafts(4, 1)
    skipped = Told(EventType.SLOTS_SKIPPED, 3, RunStatus.SKIPPED.value, Reason.OVER_BUDGET.value)
    metrics.count_events([skipped, skipped])
    shown = metrics.page([], None).decode()
    for line in (
        'ostinato_model_drafts_total{result="written"} 4.0',
        'ostinato_model_drafts_total{result="missing"} 1.0',
        'ostinato_runs_total{reason="over_budget",status="skipped"} 6.0',
        'ostinato_events_total{type="slots.skipped"} 2.0',
    ):
        assert line in shown.splitlines()
