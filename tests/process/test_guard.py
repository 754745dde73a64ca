"""The guard beside a real engine: what rests on the exchange when the engine dies, hangs, or loses its guard."""

import contextlib
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from tests.process.programs import KEY, Programs

pytestmark = pytest.mark.process

ACCOUNT = Account.from_key(KEY).address.lower()
GUARD_S = 12.0


def quoting(programs: Programs) -> bool:
    return {order["side"] for order in programs.orders(ACCOUNT)} == {"A", "B"}


def announced(programs: Programs) -> dict[str, Any]:
    """What the one engine that runs says of itself; nothing while there is none."""
    for path in Path(programs.folder).rglob("*.running.json"):
        return dict(json.loads(path.read_text()))
    return {}


def guard_pid(programs: Programs) -> int:
    """The guard of the one engine that runs, 0 while there is none."""
    return int(announced(programs).get("guard_pid", 0))


def reports(programs: Programs) -> list[dict[str, Any]]:
    """What guards did, one a line."""
    lines = [line for path in Path(programs.folder).rglob("*.guard.jsonl") for line in path.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def started(programs: Programs, *arguments: str) -> Any:
    programs.exchange("--seed", "4")
    maker = programs.maker("--no-ui", *arguments)
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    return maker


@pytest.mark.fault("F63")
def test_after_kill_nine_no_own_order_rests_once_the_guard_has_done_its_work(programs) -> None:
    maker = started(programs)
    guard = guard_pid(programs)
    assert is_running(guard)
    assert os.getsid(guard) == guard
    os.kill(maker.pid, signal.SIGKILL)
    maker.wait(timeout=10)
    programs.wait_for(lambda: not programs.orders(ACCOUNT), "an empty book", GUARD_S)
    programs.wait_for(lambda: not is_running(guard), "the guard to end", 60.0)
    assert programs.orders(ACCOUNT) == []
    (report,) = reports(programs)
    assert report["why"] == "the engine's pipe closed"
    assert report["verified"] is True
    assert report["cancelled"] >= 2
    again = programs.maker("--no-ui")
    programs.wait_for(lambda: quoting(programs), "quotes after the restart")
    again.send_signal(signal.SIGTERM)
    _, said = again.communicate(timeout=30)
    assert again.returncode == 0
    assert b"Guard cancelled own orders" in said


def test_a_process_group_that_is_killed_leaves_the_guard_to_its_work(programs) -> None:
    maker = started(programs)
    guard = guard_pid(programs)
    group = [child for child in (maker.pid, guard) if os.getpgid(child) == os.getpgid(maker.pid)]
    assert group == [maker.pid]
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(guard, number)
    os.kill(maker.pid, signal.SIGKILL)
    maker.wait(timeout=10)
    programs.wait_for(lambda: not programs.orders(ACCOUNT), "an empty book", GUARD_S)
    programs.wait_for(lambda: not is_running(guard), "the guard to end", 60.0)


@pytest.mark.fault("F70")
def test_an_engine_that_hangs_loses_its_orders_and_goes_on_when_it_wakes(programs) -> None:
    maker = started(programs)
    guard = guard_pid(programs)
    os.kill(maker.pid, signal.SIGSTOP)
    try:
        left = programs.orders(ACCOUNT)
        assert left
        programs.wait_for(lambda: not programs.orders(ACCOUNT), "the guard to clear the book", GUARD_S + 2.0)
        programs.wait_for(lambda: reports(programs), "the guard's report", 30.0)
    finally:
        os.kill(maker.pid, signal.SIGCONT)
    assert reports(programs)[0]["why"].startswith("engine silent for 10")
    programs.wait_for(lambda: quoting(programs), "quotes after it woke")
    assert guard_pid(programs) == guard
    assert is_running(guard)
    maker.send_signal(signal.SIGTERM)
    _, said = maker.communicate(timeout=30)
    assert maker.returncode == 0, said.decode()
    assert b"Process stalled" in said
    assert b"Guard cancelled own orders" in said
    assert programs.orders(ACCOUNT) == []
    programs.wait_for(lambda: not is_running(guard), "the guard to end", 10.0)


@pytest.mark.fault("F70")
@pytest.mark.fault("F63")
def test_a_guard_that_is_killed_is_told_of_and_replaced_while_quoting_goes_on(programs) -> None:
    maker = started(programs)
    first, since = guard_pid(programs), announced(programs)["started_at"]
    os.kill(first, signal.SIGKILL)
    programs.wait_for(lambda: guard_pid(programs) not in (0, first), "another guard")
    second = guard_pid(programs)
    assert announced(programs)["started_at"] == since
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    maker.send_signal(signal.SIGTERM)
    _, said = maker.communicate(timeout=30)
    assert maker.returncode == 0
    assert said.count(b"Guard lost") == 1
    assert said.count(b"Guard armed") == 2
    assert reports(programs) == []
    programs.wait_for(lambda: not is_running(second), "the guard to end", 10.0)


def test_without_the_setting_there_is_no_guard(programs) -> None:
    maker = started(programs, "--set", "execution.guard=false")
    assert guard_pid(programs) == 0
    maker.send_signal(signal.SIGTERM)
    _, said = maker.communicate(timeout=30)
    assert maker.returncode == 0
    assert b"Guard armed" not in said


@pytest.mark.fault("F115")
def test_a_second_signal_leaves_at_once_and_the_guard_sees_to_the_rest(programs) -> None:
    exchange = programs.exchange("--seed", "4")
    maker = programs.maker("--no-ui")
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    guard = guard_pid(programs)
    exchange.send_signal(signal.SIGSTOP)
    try:
        maker.send_signal(signal.SIGTERM)
        maker.send_signal(signal.SIGINT)
        _, said = maker.communicate(timeout=30)
    finally:
        exchange.send_signal(signal.SIGCONT)
    assert maker.returncode == 4, said.decode()
    assert b"another signal cancels everything and leaves at once" in said
    assert b"Second signal" in said
    programs.wait_for(lambda: not programs.orders(ACCOUNT), "an empty book", GUARD_S)
    programs.wait_for(lambda: not is_running(guard), "the guard to end", 60.0)
    (report,) = reports(programs)
    assert (report["verified"], report["left"]) == (True, 0)


@pytest.mark.fault("F69")
def test_a_service_manager_hears_ready_life_and_stopping(programs, tmp_path) -> None:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.setblocking(False)
    manager.bind(str(tmp_path / "notify"))
    heard: list[str] = []

    def listen() -> list[str]:
        with contextlib.suppress(BlockingIOError):
            while True:
                heard.append(manager.recv(4096).decode())
        return heard

    plain = programs.environment()
    watched = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
    programs.exchange()
    programs.environment = lambda: {**plain, **watched}
    maker = programs.maker("--no-ui")
    programs.wait_for(lambda: listen().count("WATCHDOG=1") >= 3, "three signs of life")
    assert heard.count("READY=1") == 1
    guard = guard_pid(programs)
    assert b"NOTIFY_SOCKET" not in Path(f"/proc/{guard}/environ").read_bytes()
    os.kill(maker.pid, signal.SIGSTOP)
    listen()
    heard.clear()
    os.kill(maker.pid, signal.SIGCONT)
    maker.send_signal(signal.SIGTERM)
    assert maker.wait(timeout=30) == 0
    assert listen().count("STOPPING=1") == 1
    assert any(word.startswith("STATUS=STOPPING") for word in heard)
    manager.close()
