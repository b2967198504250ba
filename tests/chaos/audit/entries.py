"""Whether each run wrote about what its template names, and about each entry once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.chaos.audit.books import Read, part_of
from tests.chaos.audit.findings import Finding, Kind
from tests.chaos.audit.joining import grouped


def repeated(read: Read) -> Iterator[Finding]:
    """Give the entries that two runs of a template posted: of a feed never, of tips not before all had their turn."""
    posted = _posted(read)
    runs_of = grouped({(template, run) for template, _, run in posted}, lambda each: each[0])
    for (template_id, item), uses in grouped(posted, lambda each: each[:2]).items():
        sources = read.scheduler.templates[template_id].definition["sources"]
        tips = sources.get("tips", [])
        another_round = (tips or sources.get("csv")) and len(runs_of[template_id]) > len(tips)
        if len(uses) > 1 and not another_round:
            ids = tuple(sorted(run for _, _, run in uses))
            sentence = f"runs {', '.join(ids)} of template {template_id} posted the same entry, {item}"
            yield Finding(Kind.DUPLICATE, ids, sentence)


def _posted(read: Read) -> set[tuple[str, int, str]]:
    """Give which entries are out: template, entry and run."""
    materials = {(each.run_id, each.id): each.document for each in read.scheduler.materials}
    drafts = {(each.run_id, each.id): each.document for each in read.scheduler.drafts}
    found = set()
    for each in read.scheduler.publications:
        post, template = read.posts.get(part_of(each)), read.template_of(each.run_id)
        if post is None or template is None or each.outcome != "confirmed":
            continue
        draft = drafts.get((each.run_id, post.draft_id))
        for material in (draft or {}).get("material_ids", ()):
            item = materials.get((each.run_id, material), {}).get("item_id")
            if item is not None:
                found.add((template.id, item, each.run_id))
    return found


def foreign(read: Read) -> Iterator[Finding]:
    """Give the material that should be the owner's own words and is not what the template says."""
    for each in read.scheduler.materials:
        template = read.template_of(each.run_id)
        if template is None:
            continue
        sources, document = template.definition["sources"], each.document
        if document["kind"] == "text" and _own_words(sources) and document["text"] not in _own_words(sources):
            sentence = f"material {each.id} of run {each.run_id} is not what template {template.name!r} says"
            yield Finding(Kind.UNSUPPORTED_TEXT, (each.run_id, each.id), sentence)


def _own_words(sources: dict[str, Any]) -> list[str]:
    return [*sources.get("tips", []), *([sources.get("text")] if sources.get("text") else [])]
