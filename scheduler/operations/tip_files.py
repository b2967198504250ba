"""The tips in a text file: those that a template posts in turn, written out when its file is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SIZE_LIMIT = 200 * 1024  # bytes; with its tips a template must still fit into a file of its own


def with_tips(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Give the document with the text file that its `tips` names, beside the template in *folder*, as the tips in it.

    Raises ValueError, naming the file, when it cannot be read.
    """
    name = document.get("tips")
    if not isinstance(name, str) or not name.strip():
        return document
    return document | {"tips": tips_in(_read(folder, name.strip()))}


def tips_in(text: str) -> list[str]:
    """Give the tips in *text*: parted by blank lines where there are any, else one a line."""
    lines = [line.strip() for line in text.strip().splitlines()]
    if "" not in lines:
        return [line for line in lines if line]
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return ["\n".join(paragraph) for paragraph in paragraphs if paragraph]


def _read(folder: Path, name: str) -> str:
    path = folder / name
    # A template may come from elsewhere: it must not make a post of any file that its reader happens to have.
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"tips: {name} is not in the template's folder; put the file beside the template")
    try:
        if not path.is_file():
            raise ValueError(f"tips: there is no file {path}; put it beside the template")
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
        if len(content) > SIZE_LIMIT:
            raise ValueError(f"tips: {name} is larger than {SIZE_LIMIT // 1024} KiB")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"tips: {name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"tips: {name} is not UTF-8 text (byte {error.start})") from error
