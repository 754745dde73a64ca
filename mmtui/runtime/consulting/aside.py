"""A process of ours that works something out beside the engine, at the lowest priority, and ends with it.

Owns its start, its bounds of time and memory, and its end: one JSON line goes in, lines come out, the last one is
the result. It holds no lock, opens no socket, and dies when its pipe closes. Whoever waits is never blocked.
"""

import asyncio
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

from mmtui.errors import MmtuiError

MEMORY_BYTES = 3 * 1024 * 1024 * 1024
NICENESS = 19
ENDING_S = 5.0
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "XDG_STATE_HOME")

Hear = Callable[[bytes], None]


class AsideError(MmtuiError):
    """The process did not come to a result."""


async def work_aside(module: str, charge: bytes, hear: Hear, *, limit_s: float) -> bytes:
    """Runs ``python -m module`` on a charge; ``hear`` gets each line but the last, which is returned.

    Raises AsideError when it fails or takes longer than ``limit_s``. Cancelling kills it.
    """
    loop = asyncio.get_running_loop()

    def pass_on(line: bytes) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
            loop.call_soon_threadsafe(hear, line)

    starting = loop.run_in_executor(None, _begin, module)
    try:
        child, folder = await asyncio.shield(starting)
    except asyncio.CancelledError:
        starting.add_done_callback(_abandon)
        raise
    talk = loop.run_in_executor(None, _converse, child, folder, charge, pass_on)
    try:
        done, _ = await asyncio.wait({talk}, timeout=limit_s)
        if not done:
            raise AsideError(f"it took longer than {limit_s:.0f} s and was ended")
        return talk.result()
    finally:
        with contextlib.suppress(OSError):
            child.kill()
        # What was ended is waited for, so that neither the process nor its folder outlives this.
        await asyncio.wait({talk}, timeout=ENDING_S)
        talk.add_done_callback(lambda ended: ended.cancelled() or ended.exception())


def _begin(module: str) -> tuple[subprocess.Popen[bytes], str]:
    folder = tempfile.mkdtemp(prefix="mmtui-aside-")
    try:
        return _start(module, folder), folder
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _abandon(starting: asyncio.Future[tuple[subprocess.Popen[bytes], str]]) -> None:
    """Ends a process that nobody waits for any more when it has just begun."""
    if not starting.cancelled() and starting.exception() is None:
        child, folder = starting.result()
        child.kill()
        child.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _start(module: str, folder: str) -> subprocess.Popen[bytes]:
    """Starts the process; whatever it writes for a while goes to ``folder``, which does not outlive it."""
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment["TMPDIR"] = folder
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        (sys.executable, "-P", "-m", module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


def _converse(child: subprocess.Popen[bytes], folder: str, charge: bytes, hear: Hear) -> bytes:
    assert child.stdin is not None and child.stdout is not None, "both ends are pipes"
    last = b""
    try:
        # What is not taken any more by a process that has ended is no failure of ours.
        with contextlib.suppress(OSError), child.stdin, child.stdout:
            child.stdin.write(charge + b"\n")
            child.stdin.flush()
            for line in child.stdout:
                if last:
                    hear(last)
                last = line.rstrip(b"\n")
    finally:
        code = child.wait()
        shutil.rmtree(folder, ignore_errors=True)
    if code or not last:
        why = "it needed more time or memory than it may have" if code < 0 or code == 1 else f"it ended with {code}"
        raise AsideError(f"the process beside the engine came to nothing: {why}")
    return last


def take_charge(*, cpu_s: int) -> bytes:
    """In the process aside: steps back behind everything else, bounds itself, and reads its charge."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    charge = sys.stdin.buffer.readline()
    threading.Thread(target=_die_with_the_pipe, name="pipe", daemon=True).start()
    return charge


def say(line: bytes) -> None:
    """In the process aside: one line to whoever asked."""
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _die_with_the_pipe() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os._exit(0)
