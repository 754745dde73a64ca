"""A real run: a rehearsal and a bundle asked of it, the bundle replayed, and one made after the run was killed."""

import json
import signal
from pathlib import Path

import pytest

from tests.process.programs import MMTUI, Programs

pytestmark = pytest.mark.process
MARKET = "sim-BTC-local"


def engine_seconds(programs: Programs) -> float:
    done = programs.run("ctl", "view", "--json")
    if done.returncode:
        return 0.0
    said = json.loads(done.stdout)
    return float(said["engine"]["at"]) - float(said["session"]["started_at"])


def test_a_run_is_rehearsed_bundled_killed_and_bundled_again(programs: Programs) -> None:
    child = programs.start([*MMTUI, "demo", "--no-ui", "--speed", "6", "--seed", "5", "--metrics-port", "0"])
    programs.wait_for(lambda: engine_seconds(programs) > 90.0, "something to rehearse")
    done = programs.run("ctl", "rehearse", "strategy.half_spread_bps=9", "--json")
    assert done.returncode == 0, done.stderr
    finding = json.loads(done.stdout)["finding"]
    rows = {row["name"]: row for row in finding["rows"]}
    assert {"P&L", "fills", "quoted spread", "requests"} <= rows.keys()
    assert finding["to_at"] - finding["from_at"] >= 30.0
    bundle = json.loads(programs.run("ctl", "bundle", "--note", "as it runs", "--json").stdout)["finding"]
    assert Path(bundle["path"]).is_file()
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    after = json.loads(programs.run("bundle", MARKET, "--json").stdout)
    assert after["path"] != bundle["path"]
    for path in (bundle["path"], after["path"]):
        told = programs.run("replay", path, "--json")
        assert told.returncode == 0, told.stderr
        figures = json.loads(told.stdout)
        assert figures["coin"] == "BTC"
        assert figures["pictures"] >= 3
        assert figures["modes"].get("QUOTING", 0.0) > 0.0
