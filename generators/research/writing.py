"""The report: from passages to sections with numbered citations, and to the words in which it is read. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from domain.research import Citation, Finding, OutputType, Report, Section
from generators.research.passages import Passage


def citation(passage: Passage, number: int) -> Citation:
    """Give *passage* as the citation of that number."""
    source = passage.material
    return Citation(
        number=number,
        text=passage.text,
        url=source.url,
        title=source.title,
        site=source.site,
        author=source.author,
        language=source.language,
        published_at=source.published_at,
        fetched_at=source.fetched_at,
    )


def extracted(passages: Sequence[Passage], questions: Sequence[str]) -> Report:
    """Give the report without a model: under each question the passages themselves, each its own citation."""
    sections: list[list[Finding]] = [[] for _ in questions]
    citations = [citation(passage, number) for number, passage in enumerate(passages, 1)]
    for passage, each in zip(passages, citations, strict=True):
        sections[passage.question].append(Finding(each.text, (each.number,)))
    found = [Section(question, tuple(said)) for question, said in zip(questions, sections, strict=True) if said]
    return Report(tuple(found), tuple(citations))


def rendered(topic: str, report: Report, output: OutputType) -> str:
    """Give the report as it is read: plain text, or one JSON object."""
    return _json(topic, report) if output is OutputType.JSON else _text(topic, report)


def _text(topic: str, report: Report) -> str:
    lines = [topic]
    for section in report.sections:
        lines += ["", section.question] if section.question != topic else [""]
        for finding in section.findings:
            said = f"“{finding.text}”" if finding.quoted else finding.text
            lines.append(f"- {said} {''.join(f'[{number}]' for number in finding.citations)}")
    lines += ["", "Sources"]
    for each in report.citations:
        named = ", ".join(filter(None, (each.title or None, each.site, each.url)))
        dated = f" ({each.published_at:%Y-%m-%d})" if each.published_at else ""
        lines.append(f"[{each.number}] {named}{dated}")
    return "\n".join(lines)


def _json(topic: str, report: Report) -> str:
    found = {
        "topic": topic,
        "sections": [
            {
                "question": section.question,
                "findings": [{"text": each.text, "citations": list(each.citations)} for each in section.findings],
            }
            for section in report.sections
        ],
        "sources": [
            {"number": each.number, "title": each.title, "site": each.site, "url": each.url, "passage": each.text}
            for each in report.citations
        ],
    }
    return json.dumps(found, ensure_ascii=False)
