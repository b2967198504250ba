"""The process in which a local model writes down one sound: the model's folder is its argument, the sound its input.

It prints one line of JSON: the text and how many seconds the sound lasts, or why there is no text.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

LONGEST = 200_000  # characters; what is said after them is not listened to


def write_down(folder: str, sound: bytes) -> dict[str, Any]:
    """Give the text that the model of *folder* hears in *sound*. Nothing is fetched from anywhere."""
    from faster_whisper import WhisperModel

    model = WhisperModel(folder, local_files_only=True)
    segments, about = model.transcribe(io.BytesIO(sound))
    words: list[str] = []
    length = 0
    for each in segments:
        words.append(each.text.strip())
        length += len(each.text)
        if length > LONGEST:
            break
    return {"text": " ".join(filter(None, words)), "seconds": about.duration}


def main() -> None:
    """Answer the process that started this one."""
    try:
        said = write_down(sys.argv[1], sys.stdin.buffer.read())
    except Exception as error:  # noqa: BLE001 - what a library says about strangers' bytes is told
        said = {"error": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
