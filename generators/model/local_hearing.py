"""Writing down what is spoken with a model on this machine: faster-whisper, in a process of its own for each sound."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from generators.model.errors import ModelError
from generators.model.hearing import Transcript

SECONDS = 1800.0  # that one sound may take
LIBRARY, EXTRA = "faster_whisper", "ostinato[whisper]"
NEEDED = ("model.bin", "tokenizer.json")  # the library would fetch another tokenizer where there is none
PROCESS = "generators.model.whispering"
# What the process is told of ours: where programs and libraries are, and no secret.
_PASSED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "HOME", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")


def problem_of(folder: Path) -> str | None:
    """Say what keeps the model of *folder* from being used, and what to do; None when nothing does."""
    if find_spec(LIBRARY) is None:
        return f"{LIBRARY.replace('_', '-')} is not installed; run `pip install '{EXTRA}'`, or leave this setting out"
    for name in NEEDED:
        if not (folder / name).is_file():
            return f"there is no {name} in {folder}; name the folder of a model that was converted for faster-whisper"
    return None


class LocalTranscriber:
    """Writes down what is spoken with the model in *folder*, one sound after the other. It costs nothing.

    The sound is strangers' bytes, taken apart by a large library: in a process that knows no secret, that is ended
    after *seconds*, and whose crash is an error like any other.
    """

    def __init__(self, folder: Path, *, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._seconds = seconds
        self._turn = asyncio.Lock()

    @property
    def model(self) -> str:
        return f"faster-whisper {self._folder.name}"

    def most_micros(self, sound: bytes, media_type: str) -> int:  # noqa: ARG002 - as that of a server
        """Give the most that *sound* may cost: nothing."""
        return 0

    async def transcribe(self, sound: bytes, media_type: str) -> Transcript:  # noqa: ARG002 - its bytes tell
        """Give the words spoken in *sound*. Raises ModelError."""
        async with self._turn:
            said = await self._asked(sound)
        try:
            found = json.loads(said.splitlines()[-1])
            if "error" in found:
                raise ModelError(str(found["error"]))
            return Transcript(str(found["text"]), 0)
        except (IndexError, KeyError, TypeError, ValueError):
            raise ModelError("the process that listens gave no answer") from None

    async def _asked(self, sound: bytes) -> bytes:
        environ = {name: os.environ[name] for name in _PASSED if name in os.environ} | {"HF_HUB_OFFLINE": "1"}
        # -P: what lies in the folder that we were started in is no part of the program.
        words = (sys.executable, "-P", "-m", PROCESS, str(self._folder))
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=nothing, env=environ)
        try:
            async with asyncio.timeout(self._seconds):
                said, _ = await process.communicate(sound)
        except TimeoutError:
            raise ModelError(f"listening took longer than {self._seconds:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise ModelError(f"the process that listens ended with {process.returncode}; it may lack memory")
        return said
