"""Incidents of others that no row of the fault matrix covers: what the orders here do instead."""

import ast
import re
from pathlib import Path

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import AccountSnapshot, FillsReceived
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders
from mmtui.domain.records import FillBooked
from mmtui.domain.view import Mode
from mmtui.engine.account import DayState
from mmtui.engine.engine import Engine
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import START_MS
from tests.faults.hooks import Faults
from tests.faults.sessions import (
    assert_within_limit,
    has_both_sides,
    new_session,
    places,
    quoting,
    settle,
    some_resting,
    until,
)
from tests.faults.test_fills import hit
from tests.simulation.truth import position, resting

PACKAGE = Path(__file__).resolve().parents[2] / "mmtui"


@pytest.mark.incident("B7")
def test_an_empty_list_of_open_orders_is_not_believed_and_doubles_nothing() -> None:
    session, faults = quoting()
    there = {order.cloid for order in resting(session)}
    levels = {(o.side, o.terms.level) for o in session.engine.state.ledger.live.values() if o.cloid in there}
    faults.replace(AccountSnapshot, by=lambda event: (msgspec.structs.replace(event, open_orders=()),))
    since = len(session.sends)
    session.run(14)
    still = there & {order.cloid for order in resting(session)}
    again = {(a.terms.side, a.terms.level) for place in places(session, since) for a in place.orders}
    kept = {(o.side, o.terms.level) for o in session.engine.state.ledger.live.values() if o.cloid in still}
    assert not kept & again, "no level is used twice because a list left it out"
    assert levels
    assert_within_limit(session)
    settle(session, faults)


@pytest.mark.incident("B11")
def test_a_fill_without_our_id_is_known_by_the_venues_and_one_of_neither_still_counts() -> None:
    session, faults = quoting()
    order = some_resting(session, Side.BUY)

    def anonymous(event: FillsReceived):
        return (
            msgspec.structs.replace(event, fills=tuple(msgspec.structs.replace(f, cloid=None) for f in event.fills)),
        )

    faults.replace(FillsReceived, by=anonymous)
    hit(session, faults, order, order.remaining // 2)
    assert until(session, lambda: order.filled > 0, 3), "by its venue id it is the fill of this order"
    faults.trade_by_hand(Side.BUY, 700)
    session.run(2)
    rows = [row for row in session.rows if isinstance(row, FillBooked)]
    assert not next(row for row in rows if row.oid == order.oid).is_foreign
    assert sum(row.size for row in rows if row.is_foreign) == 700
    assert session.engine.state.account.position.size == position(session)
    settle(session, faults)


@pytest.mark.incident("B12")
def test_a_position_on_a_builder_dex_is_seen_and_counts_against_the_limit() -> None:
    coin = "hyna:BTC"
    session = new_session(coin=coin, trading__max_position_usd=2_500.0)
    assert until(session, lambda: session.view.mode is Mode.QUOTING, 150, 1.0)
    faults = Faults(session)
    limit = session.engine.state.risk.limit.size
    faults.trade_by_hand(Side.BUY, limit * 2)
    session.run(4)
    assert position(session) > limit
    assert session.engine.state.account.position.size == position(session)
    assert session.view.mode is Mode.REDUCE_ONLY
    for _ in range(60):
        if position(session) <= limit:
            break
        assert {order.side for order in resting(session)} <= {Side.SELL}, "it is not entered again and again"
        session.run(1)


@pytest.mark.incident("B20", "B21")
def test_a_loss_of_yesterday_kills_nothing_today() -> None:
    yesterday = START_MS // 86_400_000 - 1
    day = DayState(utc_day=yesterday, opening_equity=100_000_000_000, peak_pnl=9_000_000_000, pnl=-900_000_000)
    session = new_session(options=EngineOptions(run=1, day=day))
    assert until(session, lambda: has_both_sides(session), 120)
    assert not session.latches
    assert session.view.pnl.utc_day > -100.0


@pytest.mark.incident("B22", "B37")
def test_a_kill_shuts_the_valve_in_its_own_step_and_takes_everything_off_with_one_action() -> None:
    session, _ = quoting()
    session.run(1)
    resting_now = len(resting(session))
    assert resting_now > 2
    since = len(session.sends)
    session.act(Verb.KILL)
    assert [type(intent) for intent in session.sends[since:]] == [CancelOrders]
    session.run(9)
    assert places(session, since) == []
    assert resting(session) == []
    assert session.finish is not None
    assert not session.finish.unverified


@pytest.mark.incident("B23")
def test_one_wild_picture_of_the_account_does_not_kill() -> None:
    session, faults = quoting()
    faults.replace(
        AccountSnapshot,
        by=lambda event: (
            msgspec.structs.replace(event, account_value=event.account_value // 2, cash=event.cash // 2),
        ),
        times=1,
    )
    session.run(25)
    assert faults.taken
    assert not session.latches
    settle(session, faults)


@pytest.mark.incident("B24")
@pytest.mark.parametrize("verb", [Verb.STOP, Verb.KILL])
def test_the_end_says_what_is_still_held(verb) -> None:
    session, faults = quoting()
    faults.trade_by_hand(Side.BUY, 1_500 - position(session))
    session.run(2)
    held = session.venue.instrument.wire_size(position(session))
    assert position(session) != 0
    session.act(verb)
    assert until(session, lambda: session.finish is not None, 12)
    last = next(line for line in session.logs if line.message == "Market maker stopped")
    assert last.fields["position"] == held
    assert session.engine.state.account.position.size == position(session)


@pytest.mark.incident("B34")
def test_one_engine_runs_everywhere() -> None:
    """Every engine of the package is that of ``mmtui.engine.engine``; a class of another name only watches it."""
    built: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        source = {
            alias.name: node.module or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        watchers = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and re.search(r".Engine$", n.name)]
        for watcher in watchers:
            assert [getattr(base, "id", "") for base in watcher.bases] == ["Engine"], path
            replaced = {item.name for item in watcher.body if isinstance(item, ast.FunctionDef)} & set(vars(Engine))
            assert replaced <= {"step"}, path
            assert "super().step(event)" in ast.unparse(watcher), path
        names = {"Engine", *(watcher.name for watcher in watchers)}
        if any(isinstance(n, ast.Call) and getattr(n.func, "id", "") in names for n in ast.walk(tree)):
            built[str(path.relative_to(PACKAGE))] = source["Engine"]
    assert set(built.values()) == {"mmtui.engine.engine"}
    rooms = {path.split("/", maxsplit=1)[0] for path in built}
    assert rooms == {"runtime", "research"}, "live, paper and dry runs here, the simulation there"
