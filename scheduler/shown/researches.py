"""Research and projects as they are shown: by commands with --json, and over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from domain.project import Project
from domain.research import Citation, Recurring, Report, Research


def research(found: Research) -> dict[str, Any]:
    """Give one research without its report."""
    return {
        "id": found.id,
        "topic": found.topic,
        "output": found.output.value,
        "status": found.status.value,
        "feeds": list(found.scope.feeds),
        "urls": list(found.scope.urls),
        "recurring_id": found.recurring_id,
        "run_id": found.run_id,
        "created_at": found.created_at,
        "started_at": found.started_at,
        "finished_at": found.finished_at,
        "attempts": found.attempts,
        "pages": found.pages,
        "cost_micros": found.cost_micros,
        "seconds": round(found.worked.total_seconds(), 3),
        "failure": found.failure,
        "callback_data": found.callback_data,
    }


def whole_research(found: Research) -> dict[str, Any]:
    """Give one research with its report, what it cites, and what was considered and gave nothing."""
    rejected = [{"reference": each.reference, "reason": each.reason} for each in found.rejected]
    return research(found) | {"text": found.text, "report": report(found.report), "rejected": rejected}


def report(found: Report | None) -> dict[str, Any] | None:
    """Give a report by its parts; None where there is none."""
    if found is None:
        return None
    return {
        "engine": found.engine,
        "model": found.model,
        "sections": [
            {
                "question": section.question,
                "findings": [
                    {"text": each.text, "citations": list(each.citations), "quoted": each.quoted}
                    for each in section.findings
                ],
            }
            for section in found.sections
        ],
        "citations": [_citation(each) for each in found.citations],
        "left_out": list(found.left_out),
    }


def recurring(found: Recurring) -> dict[str, Any]:
    """Give one that recurs."""
    return {
        "id": found.id,
        "topic": found.topic,
        "output": found.output.value,
        "status": found.status.value,
        "feeds": list(found.scope.feeds),
        "urls": list(found.scope.urls),
        "daily_count": found.daily_count,
        "until": found.end,
        "next_at": found.next_at,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "callback_data": found.callback_data,
    }


def project(found: Project) -> dict[str, Any]:
    """Give a project; *found* is what the page at its URL says."""
    return {
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "url": found.url,
        "found": found.found,
        "colours": list(found.colours),
        "palette": asdict(found.palette),
        "image": found.image,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "deleted_at": found.deleted_at,
    }


def _citation(found: Citation) -> dict[str, Any]:
    return {
        "number": found.number,
        "text": found.text,
        "url": found.url,
        "title": found.title,
        "site": found.site,
        "author": found.author,
        "published_at": found.published_at,
        "fetched_at": found.fetched_at,
    }
