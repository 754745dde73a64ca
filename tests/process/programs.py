"""Real programs for the process tests: the exchange, the market maker, and questions to both."""

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_account import Account

from mmtui.runtime.state import market_id
from tests.canary import KEY
from tests.process.proxy import Proxy

PATIENCE_S = 60.0
STEP_S = 0.1
ADDRESSES = 5_000
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
        self.proxy: Proxy | None = None
        self._exchange: subprocess.Popen[bytes] | None = None
        self.last: subprocess.Popen[bytes] | None = None
        self._unanswered = ""
        self._questions = itertools.count()
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Where the exchange listens."""
        return f"http://127.0.0.1:{self.port}"

    def through_proxy(self, *, seed: int = 1) -> Proxy:
        """Puts a proxy between the exchange and every market maker started from now on."""
        self.proxy = Proxy(self.port, seed=seed)
        return self.proxy

    @property
    def state(self) -> Path:
        """Where the market maker keeps its files."""
        return self.folder / "state" / "mmtui"

    @property
    def market(self) -> str:
        """The short name of the market that is traded."""
        return market_id("localhost", "BTC", Account.from_key(KEY).address)

    def environment(self) -> dict[str, str]:
        """A private state folder, a known key, the local exchange's address."""
        names = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return {
            **kept,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "HYPERLIQUID_PRIVATE_KEY": KEY,
            "HYPERLIQUID_LOCAL_URL": self.proxy.url if self.proxy else self.url,
            "TERM": "xterm-256color",
        }

    def exchange(self, *arguments: str, speed: str = "8") -> subprocess.Popen[bytes]:
        """A local exchange that is up."""
        command = [*MMTUI, "exchange", "--port", str(self.port), "--speed", speed, *arguments]
        process = self.start(command)
        self.wait_for(lambda: self.info({"type": "perpDexs"}) is not None, "the exchange to answer")
        self._exchange = process
        return process

    def restart_exchange(self, *arguments: str) -> None:
        """Kills the exchange and starts one at its port that remembers nothing."""
        assert self._exchange is not None
        self._exchange.kill()
        self._exchange.wait(timeout=10)
        self.exchange(*arguments)

    def maker(self, *arguments: str, **kwargs: Any) -> subprocess.Popen[bytes]:
        """A market maker on the local exchange; headless unless the arguments say otherwise."""
        self.last = self.start([*MMTUI, "run", *self.maker_flags(), *arguments], **kwargs)
        return self.last

    def maker_flags(self) -> list[str]:
        """Network, coin and metrics of every market maker here."""
        log = ("--log-file", str(self.folder / "maker.log"))
        return ["--network", "localhost", "--asset", "BTC", "--metrics-port", str(self.metrics_port), *log]

    def start(self, command: list[str], **kwargs: Any) -> subprocess.Popen[bytes]:
        """Starts a program that is ended with the test."""
        usual = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, cwd=self.folder, **{"env": self.environment(), **usual, **kwargs})
        self._started.append(process)
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """A command that ends by itself."""
        return subprocess.run(
            [*MMTUI, *arguments], env=self.environment(), cwd=self.folder, capture_output=True, timeout=60, check=False
        )

    def info(self, request: dict[str, object]) -> Any:
        """What the exchange answers, None while it does not.

        Each question comes from another loopback address: the exchange gives every address its own request weight,
        and what the tests ask must not be taken from the market maker's.
        """
        number = next(self._questions) % ADDRESSES
        source = (f"127.1.{number // 250}.{number % 250 + 1}", 0)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=source)
        try:
            connection.request("POST", "/info", json.dumps(request), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._unanswered = repr(error)
            return None
        finally:
            connection.close()
        assert answer.status == 200, f"the exchange answered {answer.status}: {body[:200]!r}"
        return json.loads(body)

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
        found = self.info({"type": "openOrders", "user": account, "dex": ""})
        assert found is not None, f"the exchange does not answer: {self._trouble()}"
        return list(found)

    def quotes_both_sides(self, account: str) -> bool:
        """Whether the account's orders stand on both sides."""
        return {order["side"] for order in self.orders(account)} == {"A", "B"}

    def wait_for_cycles(self, count: int) -> None:
        """Lets the market maker quote ``count`` times more."""
        name = "mm_quote_cycles_total"
        self.wait_for(lambda: self.metric(name) is not None, "the metrics")
        until = (self.metric(name) or 0.0) + count
        self.wait_for(lambda: (self.metric(name) or 0.0) >= until, f"{count} further quote cycles")

    def wait_for(
        self, claim: Callable[[], object], what: str, patience_s: float = PATIENCE_S, *, step_s: float = STEP_S
    ) -> None:
        """Looks again and again until the claim holds."""
        pause = threading.Event()
        for _ in range(int(patience_s / step_s)):
            if claim():
                return
            pause.wait(step_s)
        raise AssertionError(f"waited {patience_s:.0f} s for {what}; the log ends with\n{self.log_tail()}")

    def said(self) -> str:
        """What the last market maker, now over, wrote to its standard error."""
        assert self.last is not None
        assert self.last.stderr is not None
        return self.last.stderr.read().decode(errors="replace")[-2000:]

    def _trouble(self) -> str:
        exchange = self._exchange
        if exchange is None or exchange.stderr is None or exchange.poll() is None:
            return f"it runs, {self._unanswered}" if exchange is not None else "none was started"
        return f"it ended with {exchange.returncode}: {exchange.stderr.read().decode(errors='replace')[-1000:]}"

    def log_tail(self) -> str:
        """The last lines of the market maker's log."""
        log = self.folder / "maker.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-30:]) if log.exists() else "(no log)"

    def close(self) -> None:
        """Ends what is still running, and what it left behind in our folder."""
        for process in reversed(self._started):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        for pid in self.orphans():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.proxy is not None:
            self.proxy.close()

    def orphans(self) -> list[int]:
        """Processes that live in this folder and were not started by us directly: the engines' guards."""
        ours = {process.pid for process in self._started}
        found = []
        for link in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if link.readlink() == self.folder and int(link.parent.name) not in ours:
                    found.append(int(link.parent.name))
        return found
