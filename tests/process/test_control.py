"""The control socket of a real run: `ps`, every kind of `ctl`, another user, and bytes that mean harm."""

import json
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from tests.process.programs import MMTUI, Programs

pytestmark = pytest.mark.process
MARKET = "sim-BTC-local"


@pytest.fixture
def running(programs: Programs) -> Programs:
    """An embedded run whose socket answers."""
    programs.start([*MMTUI, "demo", "--no-ui", "--speed", "10", "--metrics-port", "0"])
    programs.wait_for(lambda: mode(programs) is not None, "the control socket to answer")
    return programs


def ps(programs: Programs) -> list[dict[str, object]]:
    said = json.loads(programs.run("ps", "--json").stdout)
    assert said["schema"] == 1
    return list(said["instances"])


def mode(programs: Programs) -> object:
    rows = ps(programs)
    return rows[0]["mode"] if rows else None


def view(programs: Programs) -> dict[str, object]:
    said = json.loads(programs.run("ctl", "view", "--json").stdout)
    assert said["schema"] == 1
    return dict(said["engine"])


def path_of(programs: Programs) -> Path:
    return programs.folder / "state" / "mmtui" / f"{MARKET}.sock"


def test_ctl_pauses_edits_resumes_and_stops_a_run_and_ps_shows_it(running: Programs) -> None:
    (row,) = ps(running)
    assert (row["id"], row["run_kind"], row["coin"]) == (MARKET, "SIM", "BTC")
    assert stat.S_IMODE(path_of(running).stat().st_mode) == 0o600
    assert stat.S_IMODE(path_of(running).parent.stat().st_mode) == 0o700
    running.wait_for(lambda: view(running)["mode"] == "QUOTING", "quotes")
    assert running.run("ctl", "sim", "pause").returncode == 0
    running.wait_for(lambda: (seen := view(running))["mode"] == "PAUSED" and not seen["bids_quoted"], "no quotes")
    done = running.run("ctl", MARKET, "set", "trading.risk_aversion=0.7", "--json")
    assert json.loads(done.stdout)["status"] == "done"
    assert view(running)["parameters"]["trading.risk_aversion"] == 0.7
    assert running.run("ctl", "undo").returncode == 0
    assert view(running)["parameters"]["trading.risk_aversion"] == 0.3
    assert running.run("ctl", "resume").returncode == 0
    running.wait_for(lambda: view(running)["mode"] == "QUOTING", "quotes again")
    assert b"adverse" in running.run("ctl", "explain").stdout or b"half_spread" in running.run("ctl", "explain").stdout
    assert running.run("ctl", "cancel-side", "sell").returncode == 0
    running.wait_for(lambda: not view(running)["asks_quoted"], "one side gone")
    assert running.run("ctl", "stop").returncode == 0
    running.wait_for(lambda: not ps(running), "the end")
    assert not path_of(running).exists()


def test_a_refusal_is_one_line_and_exit_code_1_a_misuse_exit_code_2(running: Programs) -> None:
    refused = running.run("ctl", "set", "risk.max_daily_loss_usd=400000")
    assert refused.returncode == 1
    assert refused.stderr.count(b"\n") == 1
    assert b"only tightened live" in refused.stderr
    assert running.run("ctl", "flatten").returncode in (0, 1)
    for words in (["nobody", "pause"], ["fly"], ["set", "x"], ["pause", "now"], ["cancel-side"], [MARKET]):
        wrong = running.run("ctl", *words)
        assert (wrong.returncode, wrong.stderr.count(b"\n")) == (2, 1), words
    killed = running.run("ctl", "kill")
    assert killed.returncode == 0
    running.wait_for(lambda: not ps(running), "the end of the killed run")
    after = running.run("ctl", "pause")
    assert after.returncode == 2
    assert b"no instance is running" in after.stderr


@pytest.mark.fault("F108")
def test_bytes_that_mean_harm_disturb_nothing(running: Programs) -> None:
    crowd = []
    for junk in (b"\xff" * 100, b"\x00\x00\x00\x02{}" * 50, b"\x00\x01\x00\x00" + b"[" * 65_536, os.urandom(4_000)):
        for _ in range(10):
            hostile = socket.socket(socket.AF_UNIX)
            hostile.connect(str(path_of(running)))
            hostile.sendall(junk)
            crowd.append(hostile)
    assert mode(running) is not None
    assert running.run("ctl", "pause").returncode == 0
    for hostile in crowd:
        hostile.close()


def told_to_a_stranger(path: Path) -> bytes:
    """What a process of another user hears on the socket: forked, since it may not be able to start Python."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(65_534)
            os.setuid(65_534)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(path))
                os.write(writing, connection.recv(100))
        except ConnectionResetError:
            os._exit(0)
        except OSError as error:
            os.write(writing, repr(error).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as stream:
        return stream.read()


@pytest.mark.fault("F108")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_another_user_is_refused_and_logged_even_where_the_file_would_let_him(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp())
    programs = Programs(folder)
    try:
        log = folder / "run.log"
        flags = ["--no-ui", "--metrics-port", "0", "--log-file", str(log)]
        programs.start([*MMTUI, "demo", *flags])
        programs.wait_for(lambda: mode(programs) is not None, "the control socket to answer")
        for opened in (folder, folder / "state", folder / "state" / "mmtui"):
            opened.chmod(0o755)
        path_of(programs).chmod(0o666)
        assert told_to_a_stranger(path_of(programs)) == b""
        programs.wait_for(lambda: "refused uid 65534" in log.read_text(), "the refusal in the log")
        assert mode(programs) is not None
    finally:
        programs.close()
        shutil.rmtree(folder)
