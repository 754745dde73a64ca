"""Real processes: what a session leaves on the exchange and in its journal, however it ends."""

import json
import os
import pty
import signal
import sqlite3
from pathlib import Path

import pytest
from eth_account import Account

from tests.process.programs import KEY, Programs

pytestmark = pytest.mark.process

UNREAD_CYCLES = int(os.environ.get("MMTUI_UNREAD_CYCLES", "30"))  # the soak does not read for over a minute
ACCOUNT = Account.from_key(KEY).address.lower()


def quoting(programs: Programs) -> bool:
    sides = {order["side"] for order in programs.orders(ACCOUNT)}
    return sides == {"A", "B"}


@pytest.mark.incident("B5")
def test_a_session_ends_with_no_orders_and_a_journal_equal_to_the_exchange(programs, tmp_path) -> None:
    programs.exchange("--seed", "3")
    summary = tmp_path / "summary.json"
    maker = programs.maker("--no-ui", "--duration", "25", "--json-summary", str(summary))
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    assert programs.metric("mm_mid_price") is not None
    assert programs.metric("mm_kill_switch_triggered") == 0.0
    assert maker.wait(timeout=60) == 0
    assert programs.orders(ACCOUNT) == []
    written = json.loads(summary.read_text())
    assert written["fills"] > 0
    assert written["orders_left"] == 0
    state = programs.info({"type": "clearinghouseState", "user": ACCOUNT, "dex": ""})
    position = next((row["position"]["szi"] for row in state["assetPositions"]), "0.0")
    assert float(position) == pytest.approx(written["position"], abs=1e-12)
    journal = next(Path(tmp_path).rglob("*.sqlite"))
    with sqlite3.connect(journal) as rows:
        columns = [row[1] for row in rows.execute("pragma table_info(fills)")]
        assert {"position", "cash", "fee"} <= set(columns)
        count, fees = rows.execute("select count(*), sum(fee) from fills").fetchone()
        last = rows.execute("select position, cash from fills order by seq desc limit 1").fetchone()
    fills = programs.info({"type": "userFills", "user": ACCOUNT})
    assert count == len(fills)
    assert fees == sum(round(float(fill["fee"]) * 1e6) for fill in fills)
    assert last[0] == round(float(position) * 1e5)
    assert last[1] == round(float(state["marginSummary"]["totalRawUsd"]) * 1e6)


@pytest.mark.fault("F69")
@pytest.mark.incident("B37")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_stops_gracefully_and_leaves_no_order(programs, name) -> None:
    programs.exchange()
    maker = programs.maker("--no-ui")
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    maker.send_signal(getattr(signal, name))
    assert maker.wait(timeout=20) == 0
    assert programs.orders(ACCOUNT) == []


@pytest.mark.fault("F63")
@pytest.mark.incident("B41")
def test_after_kill_nine_the_next_start_cancels_what_was_left_and_goes_on(programs) -> None:
    programs.exchange()
    first = programs.maker("--no-ui")
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=10)
    left = {order["oid"] for order in programs.orders(ACCOUNT)}
    assert left
    second = programs.maker("--no-ui")
    programs.wait_for(lambda: left.isdisjoint({o["oid"] for o in programs.orders(ACCOUNT)}), "leftovers gone")
    programs.wait_for(lambda: quoting(programs), "quotes again")
    second.send_signal(signal.SIGINT)
    _, said = second.communicate(timeout=20)
    assert second.returncode == 0, said.decode()
    assert programs.orders(ACCOUNT) == []


@pytest.mark.fault("F90")
def test_a_second_instance_on_the_same_market_is_refused(programs) -> None:
    programs.exchange()
    programs.maker("--no-ui")
    programs.wait_for(lambda: programs.orders(ACCOUNT), "the first one's quotes")
    second = programs.maker("--no-ui")
    _, said = second.communicate(timeout=30)
    assert second.returncode == 2
    assert b"already traded by" in said


def test_an_exchange_that_dies_ends_in_a_kill_that_says_orders_may_remain(programs, tmp_path) -> None:
    config = tmp_path / "short.toml"
    config.write_text("[risk]\nstale_kill_s = 6\nstale_data_s = 2\ncancel_undelivered_kill_s = 5\n")
    exchange = programs.exchange()
    maker = programs.maker("--no-ui", "--config", str(config))
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    exchange.send_signal(signal.SIGKILL)
    exchange.wait(timeout=10)
    _, said = maker.communicate(timeout=60)
    assert maker.returncode == 4
    assert b"KILL SWITCH TRIGGERED" in said
    assert b"may remain" in said
    assert b"Traceback" not in said
    assert list(tmp_path.rglob("*.latch.json"))
    again = programs.run("run", *programs.maker_flags(), "--no-ui")
    assert again.returncode in (3, 5)


def console(programs: Programs) -> tuple[object, int]:
    """A market maker with its console on a pseudo terminal; returns it and our end."""
    ours, theirs = pty.openpty()
    maker = programs.maker(
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=lambda: _take_terminal(theirs)
    )
    os.close(theirs)
    return maker, ours


def _take_terminal(descriptor: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


@pytest.mark.fault("F111")
@pytest.mark.incident("B42")
def test_a_terminal_that_is_not_read_costs_the_engine_nothing(programs) -> None:
    programs.exchange()
    maker, ours = console(programs)
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    cycles = programs.metric("mm_quote_cycles_total")
    assert cycles is not None
    programs.wait_for(
        lambda: (programs.metric("mm_quote_cycles_total") or 0) > cycles + UNREAD_CYCLES, "further quote cycles", 240
    )
    assert maker.poll() is None
    maker.send_signal(signal.SIGTERM)
    assert maker.wait(timeout=20) == 0
    os.close(ours)
    assert programs.orders(ACCOUNT) == []


@pytest.mark.fault("F110")
@pytest.mark.incident("B42")
def test_a_lost_terminal_leaves_it_quoting_headless_and_status_sees_it(programs) -> None:
    programs.exchange()
    maker, ours = console(programs)
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    os.close(ours)
    cycles = programs.metric("mm_quote_cycles_total") or 0
    programs.wait_for(lambda: (programs.metric("mm_quote_cycles_total") or 0) > cycles + 20, "further quote cycles")
    assert maker.poll() is None
    programs.wait_for(lambda: quoting(programs), "quotes on both sides, headless")
    status = programs.run("status", "--network", "localhost", "--asset", "BTC", "--json")
    assert status.returncode == 0
    seen = json.loads(status.stdout)
    assert seen["engine"]["running"] is True
    maker.send_signal(signal.SIGTERM)
    assert maker.wait(timeout=20) == 0
    assert programs.orders(ACCOUNT) == []
