"""Terminals as a person has them: windows of a private tmux server, keys that are typed, screens that are read."""

import contextlib
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

STEP_S = 0.1
PATIENCE_S = 30.0
_RUN = '"$@"; echo "ended with $?"; exec cat'
_ENDED = re.compile(r"^ended with (\d+)$", re.MULTILINE)


def is_there() -> bool:
    """Whether this machine has tmux."""
    return shutil.which("tmux") is not None


class _Private(dict[str, str]):
    """An environment that no failing test prints."""

    def __repr__(self) -> str:
        return "(private)"


class Tmux:
    """A tmux server of our own; its windows inherit the environment, so that no key is on a command line.

    What outlives its terminal, as an engine does, is for others to end."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._socket = folder / "tmux"
        self._environment = _Private(environment, TMUX="")

    def open(self, name: str, command: list[str], width: int, height: int) -> "Terminal":
        """A terminal of that size in which the command runs; it stays when the command has ended."""
        size = ("-x", str(width), "-y", str(height))
        self.call("new-session", "-d", "-s", name, *size, "-c", str(self._folder), "sh", "-c", _RUN, "sh", *command)
        self.call("set-option", "-t", name, "status", "off")
        self.call("resize-window", "-t", name, *size)
        return Terminal(self, name)

    def call(self, *arguments: str) -> str:
        """One tmux command; raises when tmux refuses it."""
        command = ["tmux", "-S", str(self._socket), "-f", "/dev/null", *arguments]
        done = subprocess.run(command, capture_output=True, env=self._environment, timeout=20, check=False)
        assert done.returncode == 0, f"tmux {arguments[0]}: {done.stderr.decode()}"
        return done.stdout.decode()

    def close(self) -> None:
        """Ends the server and all that runs in it."""
        with contextlib.suppress(AssertionError):
            self.call("kill-server")


class Terminal:
    """One terminal: what is typed into it and what stands on it."""

    def __init__(self, server: Tmux, name: str) -> None:
        self._server = server
        self.name = name

    def press(self, *keys: str) -> "Terminal":
        """Presses keys by tmux's names, each as one press."""
        for key in keys:
            self._server.call("send-keys", "-t", self.name, key)
        return self

    def type(self, text: str) -> "Terminal":
        """Types a text as it is."""
        self._server.call("send-keys", "-t", self.name, "-l", text)
        return self

    def screen(self) -> str:
        """What stands on it, without trailing blanks."""
        return "\n".join(line.rstrip() for line in self._server.call("capture-pane", "-p", "-t", self.name).split("\n"))

    def exit_code(self) -> int | None:
        """What its command returned, None while it runs."""
        found = _ENDED.search(self.screen())
        return int(found.group(1)) if found else None

    def wait_for(self, claim: str | Callable[[str], object], patience_s: float = PATIENCE_S) -> str:
        """Looks until a text stands on the screen, or until the claim about the screen holds; returns the screen."""
        pause = threading.Event()
        holds = (lambda screen: claim in screen) if isinstance(claim, str) else claim
        screen = ""
        for _ in range(int(patience_s / STEP_S)):
            screen = self.screen()
            if holds(screen):
                return screen
            pause.wait(STEP_S)
        what = claim if isinstance(claim, str) else "what was expected"
        raise AssertionError(f"waited {patience_s:.0f} s for {what!r}; the screen is\n{screen}")
