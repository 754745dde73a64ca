"""The signing key of a real run: not in the command line or environment of its guard, nor in anything it says."""

import json
import subprocess
import urllib.request
from pathlib import Path

import pytest
from eth_account import Account

from tests.canary import KEY, KEY_FILE, leaks_below, leaks_in
from tests.process.programs import MMTUI, Programs

pytestmark = pytest.mark.process
ACCOUNT = Account.from_key(KEY).address.lower()


def with_key_file(programs: Programs) -> dict[str, str]:
    """The programs' environment with the key in a file instead."""
    path = programs.folder / KEY_FILE
    path.write_text(KEY)
    path.chmod(0o600)
    environment = programs.environment()
    del environment["HYPERLIQUID_PRIVATE_KEY"]
    return {**environment, "MMTUI_KEY_FILE": str(path)}


@pytest.mark.fault("F105")
@pytest.mark.parametrize("source", ["environment", "file"])
def test_neither_engine_nor_guard_shows_the_key_and_neither_can_dump_core(programs: Programs, source: str) -> None:
    programs.exchange("--seed", "4")
    log = programs.folder / "run.log"
    words = [*MMTUI, "run", *programs.maker_flags(), "--no-ui", "--log-level", "trace", "--log-file", str(log)]
    if source == "file":
        maker = subprocess.Popen(
            words, env=with_key_file(programs), cwd=programs.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    else:
        maker = programs.start(words)
    try:
        programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes on both sides")
        (running,) = json.loads(programs.run("ps", "--json").stdout)["instances"]
        guard = int(json.loads(next(programs.folder.rglob("*.running.json")).read_text())["guard_pid"])
        assert guard
        assert running["pid"] == maker.pid
        for pid in (maker.pid, guard):
            shown = Path(f"/proc/{pid}/cmdline").read_bytes()
            if pid == guard or source == "file":
                # What a process was started with stays to be seen by its own user: a file leaves nothing there.
                shown += Path(f"/proc/{pid}/environ").read_bytes()
            assert leaks_in(shown) == []
            limits = Path(f"/proc/{pid}/limits").read_text()
            assert next(line for line in limits.splitlines() if line.startswith("Max core")).split()[4:6] == ["0", "0"]
        with urllib.request.urlopen(f"http://127.0.0.1:{programs.metrics_port}/metrics", timeout=5) as answer:
            assert leaks_in(answer.read()) == []
        for verb in (["ctl", "view", "--json"], ["ctl", "explain"], ["effective-config"], ["ps"]):
            done = programs.run(*verb)
            assert leaks_in(done.stdout + done.stderr) == []
        assert programs.run("ctl", "stop").returncode == 0
        assert maker.wait(timeout=30) == 0
        assert list(leaks_below([programs.folder])) == []
        assert log.stat().st_size > 1_000
    finally:
        if maker.poll() is None:
            maker.kill()
            maker.wait(timeout=10)
