"""What a model wrote about passages, kept only where they say it: every sentence cites one, and nothing is invented.

Pure, and slow: called in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from domain.research import Citation, Finding, Report, Section
from generators.claims import unsupported
from generators.embedded.boilerplate import INJECTION
from generators.research.forms import Findings, Told
from generators.research.passages import Passage
from generators.research.writing import citation

LONGEST_REASON = 300  # characters


def checked(findings: Findings, passages: Sequence[Passage], questions: Sequence[str], *, model: str) -> Report | None:
    """Give the report of the sentences that hold, with the passages they cite; None where none of them holds.

    A sentence may hold no number, name, link, handle or quotation that its own passages do not give. Those that are
    left out are named with the reason.
    """
    known = {f"p{at}": citation(passage, at) for at, passage in enumerate(passages, 1)}
    left_out: list[str] = []
    sections = []
    for each in findings.sections:
        if not 1 <= each.question <= len(questions):
            continue
        kept = tuple(_kept(each.sentences, known, left_out))
        if kept:
            sections.append(Section(questions[each.question - 1], kept))
    if not sections:
        return None
    return _renumbered(Report(tuple(sections), tuple(known.values()), "model", model, tuple(left_out)))


def _kept(sentences: Sequence[Told], known: Mapping[str, Citation], left_out: list[str]) -> Iterator[Finding]:
    for each in sentences:
        text = " ".join(each.text.split())
        cited = [known[name] for name in dict.fromkeys(each.passages) if name in known]
        wrong = _wrong(text, cited)
        if wrong:
            left_out.append(f"{text}: {wrong}"[:LONGEST_REASON])
        elif text:
            yield Finding(text, tuple(one.number for one in cited), quoted=any(text == one.text for one in cited))


def _wrong(text: str, cited: Sequence[Citation]) -> str | None:
    if not cited:
        return "it cites no passage"
    if INJECTION.search(text):
        return "it gives orders, or a contact"
    evidence = "\n".join(each.text for each in cited)
    return "; ".join(unsupported(text, evidence, language=cited[0].language)) or None


def _renumbered(report: Report) -> Report:
    """Number the citations in the order in which they are used; those that nothing cites go."""
    used = dict.fromkeys(
        number for section in report.sections for each in section.findings for number in each.citations
    )
    numbers = {old: new for new, old in enumerate(used, 1)}
    by_number = {each.number: each for each in report.citations}
    return replace(
        report,
        sections=tuple(
            replace(
                section,
                findings=tuple(
                    replace(each, citations=tuple(numbers[number] for number in each.citations))
                    for each in section.findings
                ),
            )
            for section in report.sections
        ),
        citations=tuple(replace(by_number[old], number=new) for old, new in numbers.items()),
    )
