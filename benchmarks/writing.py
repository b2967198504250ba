"""The embedded writer on real pages: is every word traced, does it fit, how near is it to the publisher's own words.

`python -m benchmarks.writing --pages DIR` reads a folder of saved HTML pages; without one, the articles of the tests.
not copied from the text, beside the first sentence that passes the same filters.
"""

from __future__ import annotations

import re
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

from benchmarks.report import main
from domain.draft import Draft
from domain.errors import WriterError
from domain.material import Material, MaterialKind
from domain.template import PostType, TweetStyle
from domain.weighted_length import fits
from generators.brief import Brief
from generators.embedded.filters import balanced, leans_back
from generators.embedded.ranking import similarity
from generators.embedded.reading import read
from generators.embedded.writer import compose
from generators.verify import problems

ARTICLES = Path(__file__).parents[1] / "tests" / "data" / "generators" / "articles.toml"
COPIED = 0.8  # of a description's character n-grams that stand in the text
_DESCRIPTION = re.compile(r"<meta[^>]+(?:property|name)=[\"']og:description[\"'][^>]*>", re.IGNORECASE)
_CONTENT = re.compile(r"content=(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE | re.DOTALL)

FORMS = (*((PostType.TWEET, style) for style in TweetStyle), (PostType.THREAD, None))


def measure() -> dict[str, Any]:
    """The figures of every page and form."""
    pages = chosen_pages()
    if pages:
        write(pages[0][0], *FORMS[0])  # the language model and numpy are loaded once, before the clock runs
    figures: dict[str, Any] = {"pages": len(pages)}
    took: list[float] = []
    drafts: list[tuple[Draft, Material]] = []
    first: dict[str, Draft] = {}
    for kind, style in FORMS:
        name = style.value if style else kind.value
        empty = 0
        for material, _ in pages:
            started = time.perf_counter()
            written = write(material, kind, style)
            took.append(1000 * (time.perf_counter() - started))
            empty += not written
            drafts += [(draft, material) for draft in written]
            if written and style is TweetStyle.ONE_LINER:
                first[material.url or material.title] = written[0]
        figures[f"empty_{name}"] = empty
    return figures | _safety(drafts) | _nearness(pages, first) | _speed(took) | _again(pages)


def pages_folder() -> Path | None:
    """Give the folder that `--pages` names, if it is given."""
    arguments = sys.argv[1:]
    return Path(arguments[arguments.index("--pages") + 1]) if "--pages" in arguments else None


def chosen_pages() -> list[tuple[Material, str]]:
    """Give the pages of the folder that was named, or the articles of the tests, each with its own description."""
    folder = pages_folder()
    return list(_pages(folder) if folder else _articles())


def write(material: Material, kind: PostType, style: TweetStyle | None) -> tuple[Draft, ...]:
    try:
        return compose((material,), Brief(type=kind, tweet_style=style, seed="benchmark"))
    except WriterError:
        return ()


def _safety(drafts: Sequence[tuple[Draft, Material]]) -> dict[str, Any]:
    parts = [(part, draft, material) for draft, material in drafts for part in draft.parts]
    odd = [
        part.text
        for part, draft, _ in parts
        if not balanced(part.text) or (part is draft.parts[0] and leans_back(part.text, draft.language))
    ]
    return {
        "drafts": len(drafts),
        "parts": len(parts),
        "unverified": sum(bool(problems(draft, (material,))) for draft, material in drafts),
        "over_280": sum(not fits(part.text) for part, _, _ in parts),
        "dangling_or_unbalanced_percent": round(100 * len(odd) / max(1, len(parts)), 2),
    }


def _nearness(pages: Sequence[tuple[Material, str]], first: dict[str, Draft]) -> dict[str, Any]:
    rows = []
    for material, description in pages:
        draft = first.get(material.url or material.title)
        lead = next(iter(read(material).quotes), None)
        if draft and lead and len(description) >= 40 and similarity(description, material.text) < COPIED:
            said = "".join(s.text for s in draft.parts[0].segments if s.field in ("text", "title"))
            rows.append((rouge_l(said, description), rouge_l(lead.sentence.text, description)))
    if not rows:
        return {"described_pages": 0}
    return {
        "described_pages": len(rows),
        "rouge_l_one_liner": round(mean(row[0] for row in rows), 3),
        "rouge_l_filtered_lead": round(mean(row[1] for row in rows), 3),
    }


def rouge_l(text: str, reference: str) -> float:
    """The F1 of the longest common subsequence of words, 0 to 1."""
    left, right = (re.findall(r"\w+", words.lower()) for words in (text, reference))
    if not left or not right:
        return 0.0
    row = [0] * (len(right) + 1)
    for word in left:
        above = 0
        for at, other in enumerate(right, 1):
            above, row[at] = row[at], above + 1 if word == other else max(row[at], row[at - 1])
    return 2 * row[-1] / (len(left) + len(right))


def _speed(took: Sequence[float]) -> dict[str, Any]:
    if len(took) < 2:
        return {}
    return {"mean_ms": round(mean(took), 1), "p95_ms": round(quantiles(took, n=20)[-1], 1)}


def _again(pages: Sequence[tuple[Material, str]]) -> dict[str, Any]:
    """How many pages gave other drafts when written a second time."""
    kind, style = PostType.TWEET, None
    return {"undetermined": sum(write(page, kind, style) != write(page, kind, style) for page, _ in pages)}


def _pages(folder: Path) -> Iterator[tuple[Material, str]]:
    from sources.parsing.page import extract

    for path in sorted(folder.glob("*.html")):
        body = path.read_bytes()
        url = f"https://example.org/{path.stem}"
        page = extract(body, url)
        if not page.problem:
            yield (
                Material(
                    id="m0",
                    kind=MaterialKind.PAGE,
                    text=page.text,
                    title=page.title,
                    url=url,
                    site=page.site,
                    author=page.author,
                    language=page.language,
                    tags=page.tags,
                ),
                _description(body),
            )


def _description(body: bytes) -> str:
    tag = _DESCRIPTION.search(body.decode("utf-8", "replace"))
    content = _CONTENT.search(tag.group()) if tag else None
    return unescape(content.group(1) or content.group(2) or "").strip() if content else ""


def _articles() -> Iterator[tuple[Material, str]]:
    for at, article in enumerate(tomllib.loads(ARTICLES.read_text(encoding="utf-8"))["article"]):
        yield (
            Material(
                id="m0",
                kind=MaterialKind.PAGE,
                text=article["text"].strip(),
                title=article["title"],
                url=f"https://example.org/{at}",
                site=article["site"],
                tags=tuple(article["tags"]),
            ),
            "",
        )


if __name__ == "__main__":
    main(measure)
