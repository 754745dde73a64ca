"""Real programs for the process tests: the exchange, the market maker, and questions to both."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEY = "0x" + "42" * 32
PATIENCE_S = 60.0
STEP_S = 0.1
MMTUI = [sys.executable, "-P", "-m", "mmtui"]


def free_port() -> int:
    """A loopback port that nobody holds at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Programs:
    """Starts programs in one private state folder and ends those it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.metrics_port = free_port()
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Where the exchange listens."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """A private state folder, a known key, the local exchange's address."""
        names = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return {
            **kept,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "HYPERLIQUID_PRIVATE_KEY": KEY,
            "HYPERLIQUID_LOCAL_URL": self.url,
            "TERM": "xterm-256color",
        }

    def exchange(self, *arguments: str, speed: str = "8") -> subprocess.Popen[bytes]:
        """A local exchange that is up."""
        command = [*MMTUI, "exchange", "--port", str(self.port), "--speed", speed, *arguments]
        process = self.start(command)
        self.wait_for(lambda: self.info({"type": "perpDexs"}) is not None, "the exchange to answer")
        return process

    def maker(self, *arguments: str, **kwargs: Any) -> subprocess.Popen[bytes]:
        """A market maker on the local exchange; headless unless the arguments say otherwise."""
        return self.start([*MMTUI, "run", *self.maker_flags(), *arguments], **kwargs)

    def maker_flags(self) -> list[str]:
        """Network, coin and metrics of every market maker here."""
        return ["--network", "localhost", "--asset", "BTC", "--metrics-port", str(self.metrics_port)]

    def start(self, command: list[str], **kwargs: Any) -> subprocess.Popen[bytes]:
        """Starts a program that is ended with the test."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, env=self.environment(), cwd=self.folder, **{**streams, **kwargs})
        self._started.append(process)
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """A command that ends by itself."""
        return subprocess.run(
            [*MMTUI, *arguments], env=self.environment(), cwd=self.folder, capture_output=True, timeout=60, check=False
        )

    def info(self, request: dict[str, object]) -> Any:
        """What the exchange answers, None while it does not."""
        body = urllib.request.Request(
            f"{self.url}/info", data=json.dumps(request).encode(), headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(body, timeout=5) as answer:
                return json.loads(answer.read())
        except (OSError, urllib.error.URLError):
            return None

    def metric(self, name: str) -> float | None:
        """One metric of the market maker, None while it is not served."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except (OSError, urllib.error.URLError):
            return None
        for line in text.splitlines():
            if line.startswith(name + "{"):
                return float(line.rsplit(" ", 1)[1])
        return None

    def orders(self, account: str) -> list[dict[str, Any]]:
        """Open orders of an account at the exchange."""
        return list(self.info({"type": "openOrders", "user": account, "dex": ""}) or [])

    def wait_for(self, claim: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
        """Looks again and again until the claim holds."""
        import threading

        pause = threading.Event()
        for _ in range(int(patience_s / STEP_S)):
            if claim():
                return
            pause.wait(STEP_S)
        raise AssertionError(f"waited {patience_s:.0f} s for {what}")

    def close(self) -> None:
        """Ends what is still running."""
        for process in reversed(self._started):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
