"""Sessions for the fault tests: started, quoting, with faults in between, and what they must end as."""

from mmtui.domain.commands import Verb
from mmtui.domain.instrument import Side
from mmtui.domain.intents import PlaceOrders
from mmtui.domain.order import Order, OrderState
from mmtui.domain.parameters import Settings, Value
from mmtui.domain.view import Mode
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from tests.faults.hooks import Faults
from tests.simulation.truth import assert_books_agree, exposure, resting

COIN = "ETH"


def new_session(
    *, coin: str = COIN, seed: int = 1, options: EngineOptions | None = None, **settings: Value
) -> SimulatedSession:
    """A session at its first moment; ``__`` in a keyword stands for ``.``."""
    changes: dict[str, Value] = {"trading.asset": coin, "strategy.warmup_on_timeout": "quote"}
    changes.update({key.replace("__", "."): value for key, value in settings.items()})
    exchange = synthetic_exchange(coin, seed=seed)
    return SimulatedSession(exchange, coin, Settings.defaults().with_values(changes), options=options)


def quoting(*, seed: int = 1, **settings: Value) -> tuple[SimulatedSession, Faults]:
    """A session that quotes, and the faults between it and its exchange."""
    session = new_session(seed=seed, **settings)
    session.run(45)
    assert until(session, lambda: session.view.mode is Mode.QUOTING and has_both_sides(session), 60), session.view.mode
    return session, Faults(session)


def until(session: SimulatedSession, holds, seconds: float, step_s: float = 0.1) -> bool:
    """Lets time pass until ``holds()``, at most ``seconds``."""
    for _ in range(round(seconds / step_s)):
        if holds():
            return True
        if session.finish is not None:
            break
        session.run(step_s)
    return bool(holds())


def has_both_sides(session: SimulatedSession) -> bool:
    """Whether own orders rest on both sides at the exchange."""
    return {order.side for order in resting(session)} == {Side.BUY, Side.SELL}


def places(session: SimulatedSession, since: int = 0) -> list[PlaceOrders]:
    """The places sent, from the ``since``-th send on."""
    return [intent for intent in session.sends[since:] if isinstance(intent, PlaceOrders)]


def states(session: SimulatedSession) -> set[OrderState]:
    """The states of the live orders."""
    return {order.state for order in session.engine.state.ledger.live.values()}


def order_of(session: SimulatedSession, cloid: str) -> Order:
    """An own order, live or over."""
    order = session.engine.state.ledger.find(cloid, None)
    assert order is not None
    return order


def one_resting(session: SimulatedSession, side: Side | None = None) -> Order:
    """An own order that rests and that the engine knows to rest."""
    there = {order.cloid for order in resting(session)}
    live = session.engine.state.ledger.live.values()
    return next(o for o in live if o.is_active and o.cloid in there and side in (None, o.side))


def some_resting(session: SimulatedSession, side: Side, seconds: float = 20) -> Order:
    """The first own order that comes to rest on ``side`` within ``seconds``."""
    for _ in range(round(seconds / 0.1)):
        there = {order.cloid for order in resting(session)}
        for order in session.engine.state.ledger.live.values():
            if order.is_active and order.cloid in there and order.side is side:
                return order
        session.run(0.1)
    raise AssertionError(f"nothing rests on the {side.name} side")


def assert_within_limit(session: SimulatedSession) -> None:
    """At the exchange, everything resting on a side could fill without breaking the limit."""
    for side in Side:
        assert exposure(session, side) <= session.engine.state.risk.limit.size * 1.002


def assert_reserved_for_what_may_fill(session: SimulatedSession) -> None:
    """Whatever of ours rests at the exchange is reserved here (I5)."""
    for side in Side:
        there = sum(order.size for order in resting(session) if order.side is side)
        assert session.engine.state.ledger.reserved(side) >= there


def alarms(session: SimulatedSession) -> str:
    """The alarm lines now shown."""
    return " | ".join(alarm.text for alarm in session.view.alarms)


def settle(session: SimulatedSession, faults: Faults) -> None:
    """Faults off, quoting again, then paused: both books are equal to the micro-USD."""
    faults.heal()
    assert until(session, lambda: session.view.mode is Mode.QUOTING and has_both_sides(session), 60), (
        session.view.mode,
        session.view.mode_reason,
    )
    session.act(Verb.PAUSE)
    session.run(15)
    assert_books_agree(session)
