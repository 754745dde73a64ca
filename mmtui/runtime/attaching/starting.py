"""``mmtui run --detach``: an engine as a background process of its own, started and waited for.

Owns the start: a session of its own, no terminal, its words in a file of the state folder. Waits until the engine
announces itself or dies; how it died is told with its own words and its own exit code.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mmtui.errors import ExitCode, MmtuiError
from mmtui.runtime.instances import Running, running_instances

STEP_S: Final = 0.05
SLOW_S: Final = 5.0
WORDS_KEPT: Final = 20
_OURS: Final = "mmtui: "


class StartError(MmtuiError):
    """The engine did not start; ``exit_code`` is its own."""

    def __init__(self, message: str, *, code: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.exit_code = next((known for known in ExitCode if known == code), ExitCode.CRASH)


def start(arguments: Sequence[str], folder: Path, log: Path) -> Running:
    """Starts an engine with the command line given; raises StartError when it dies before it has announced itself."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    said_before = os.fstat(descriptor).st_size
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", "mmtui", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    try:
        return _announced(process, folder, log, said_before)
    except KeyboardInterrupt:
        process.terminate()
        raise


def _announced(process: subprocess.Popen[bytes], folder: Path, log: Path, said_before: int) -> Running:
    waited_s = 0.0
    while (code := process.poll()) is None:
        for running in running_instances(folder):
            if running.pid == process.pid:
                return running
        time.sleep(STEP_S)
        waited_s += STEP_S
        if SLOW_S <= waited_s < SLOW_S + STEP_S:
            sys.stderr.write(f"mmtui: process {process.pid} is still starting; ctrl+c stops it, {log} has its words\n")
    raise StartError(_last_words(log, said_before), code=code, remedy=f"{log} has its words")


def _last_words(log: Path, said_before: int) -> str:
    """What the engine said last, its own error line before anything else."""
    text = log.read_bytes()[said_before:].decode(errors="replace")
    lines = [line for line in text.splitlines()[-WORDS_KEPT:] if line.strip()]
    own = [place for place, line in enumerate(lines) if line.startswith(_OURS)]
    if own:
        return "\n".join(lines[own[-1] :]).removeprefix(_OURS)
    return f"the engine ended at once: {lines[-1]}" if lines else "the engine ended at once and said nothing"
