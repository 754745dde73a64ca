"""A bad line between the market maker and the exchange: what rests there and what the books say afterwards."""

import json
import signal

import pytest

from tests.process.books import ACCOUNT, account, assert_books_agree, own_orders
from tests.process.programs import Programs
from tests.process.proxy import Garble, Proxy

pytestmark = pytest.mark.process

OLD_S = 3.0
DAMAGES = 3
PATIENT = "[risk]\nstale_data_s = 2\nstale_kill_s = 600\ncancel_undelivered_kill_s = 120\n"


@pytest.fixture
def line(programs: Programs) -> Proxy:
    """An exchange behind a proxy, and a market maker that quotes through it."""
    programs.exchange("--seed", "5")
    proxy = programs.through_proxy(seed=7)
    config = programs.folder / "patient.toml"
    config.write_text(PATIENT)
    summary = programs.folder / "summary.json"
    programs.maker("--no-ui", "--config", str(config), "--json-summary", str(summary))
    programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes on both sides")
    return proxy


def stops_clean(programs: Programs) -> None:
    """The maker leaves no order, and its journal is the exchange's."""
    stop(programs)
    assert_books_agree(programs)


def stop(programs: Programs, codes: tuple[int, ...] = (0,)) -> None:
    maker = programs.last
    assert maker is not None
    maker.send_signal(signal.SIGTERM)
    _, said = maker.communicate(timeout=60)
    assert maker.returncode in codes, said.decode()[-2000:]
    assert b"Traceback" not in said


def is_old(programs: Programs) -> bool:
    return (programs.metric("mm_data_staleness_secs") or 0.0) > OLD_S


def quotes_again(programs: Programs) -> None:
    programs.wait_for_cycles(3)
    programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes on both sides again")


@pytest.mark.incident("B9")
@pytest.mark.fault("F35")
@pytest.mark.fault("F38", "F35")
def test_a_line_that_drops_again_and_again_costs_quotes_and_no_fill(programs: Programs, line: Proxy) -> None:
    for _ in range(4):
        programs.wait_for(lambda: line.connections >= 2, "both sockets to be there")
        line.cut()
        programs.wait_for_cycles(2)
    quotes_again(programs)
    assert line.cuts == 4
    stops_clean(programs)


@pytest.mark.incident("B9")
@pytest.mark.fault("F36")
def test_a_line_that_falls_silent_without_a_word_is_given_up_and_made_anew(programs: Programs, line: Proxy) -> None:
    made = line.accepted
    line.stall()
    programs.wait_for(lambda: is_old(programs), "the data to be old")
    counted = [programs.metric(name) for name in ("mm_quote_cycles_total", "mm_orders_placed_total")]
    programs.wait_for(lambda: line.accepted >= made + 2, "the silent sockets to be given up")
    assert [programs.metric(name) for name in ("mm_quote_cycles_total", "mm_orders_placed_total")] == counted
    line.heal()
    quotes_again(programs)
    stops_clean(programs)


@pytest.mark.fault("F35", "F21")
def test_orders_that_cannot_be_reached_are_gone_soon_after_the_line_is_back(programs: Programs, line: Proxy) -> None:
    resting = {order["oid"] for order in own_orders(programs)}
    line.refuse()
    programs.wait_for(lambda: is_old(programs), "the data to be old")
    line.heal()
    programs.wait_for(lambda: resting.isdisjoint(order["oid"] for order in own_orders(programs)), "old quotes gone")
    quotes_again(programs)
    stops_clean(programs)


@pytest.mark.fault("F05")
@pytest.mark.fault("F51", "F05")
@pytest.mark.parametrize("garble", [each for each in Garble if each is not Garble.NOTHING], ids=lambda g: g.value)
def test_damaged_answers_and_frames_change_no_number(programs: Programs, line: Proxy, garble: Garble) -> None:
    line.chance = 0.2
    line.garble = garble
    programs.wait_for(lambda: line.garbled >= DAMAGES, "damage to be done")
    line.heal()
    quotes_again(programs)
    stops_clean(programs)


def test_a_slow_line_leaves_no_order_behind(programs: Programs, line: Proxy) -> None:
    line.delay_s = 0.25
    quotes_again(programs)
    stops_clean(programs)


def test_an_exchange_that_starts_anew_is_believed(programs: Programs, line: Proxy) -> None:
    programs.wait_for(lambda: account(programs)[0] != 0.0, "a position")
    programs.restart_exchange("--seed", "6")
    quotes_again(programs)
    # Asking after every order that this exchange never heard of may use the request weight up: then the end says so.
    stop(programs, codes=(0, 4))
    assert own_orders(programs) == []
    position, _ = account(programs)
    assert json.loads((programs.folder / "summary.json").read_text())["position"] == pytest.approx(position, abs=1e-9)
