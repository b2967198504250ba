"""`python -m demo`: run the whole product once, show it, check it against what really happened, exit 0 only if it did.

`URL` and `FEED` name the reader's own page and feed, `SERVE=1` keeps everything running afterwards, `DEMO_TIMEOUT` is
the time limit in seconds (60).
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from types import FrameType

from demo import story
from demo.asking import Asked, read_asked
from demo.checks import Checked, check
from demo.problems import DemoError
from demo.processes import Processes
from demo.showing import show
from demo.stage import Stage

INTERRUPTED = 130


def main() -> int:
    """Run the demo and give its exit code: 0 when every check holds, 1 when one does not or it could not go on."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 gets ? for what it cannot show
    out = story.console()
    try:
        asked = read_asked(os.environ)
        with Processes(Path(tempfile.mkdtemp(prefix="ostinato-demo-"))) as processes:
            checked = _perform(Stage(asked, processes, out), asked)
            if asked.serve:
                with suppress(KeyboardInterrupt):  # how serving ends
                    threading.Event().wait()
        return 0 if all(one.passed for one in checked) else 1
    except DemoError as error:
        sys.stdout.flush()
        print(f"demo: {error}", file=sys.stderr)
        if error.log:
            print(f"\nThe end of its log:\n{error.log}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: stopped.", file=sys.stderr)
        return INTERRUPTED


def _perform(stage: Stage, asked: Asked) -> tuple[Checked, ...]:
    out = stage.out
    stage.set_up()
    stage.add_templates()
    findings = stage.play()
    show(out, findings, stage.origins["sandbox"])
    checked = check(findings)
    failed = sum(not one.passed for one in checked)
    out.print(story.heading("Did all of that truly happen? Read back from SQL, the sandbox and the receiver:"))
    out.print(story.verdict(checked))
    out.print(f"\n{len(checked) - failed} of {len(checked)} checks hold, {stage.elapsed:.1f} s after the start.")
    if asked.serve:
        out.print(story.heading("It keeps running. Ctrl-C stops it."))
        out.print(story.places(stage.places))
        out.print(f"\nLook inside from another terminal, for example:\n  {stage.look_inside}")
    return checked


def _stop(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
