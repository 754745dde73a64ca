"""Sides that differ, and a drift: models.md 2.5."""

import functools
from collections.abc import Iterator

from mmtui.strategies.glft import ClosedForm, Flow, closed_form
from mmtui.strategies.glft_exact import Bounded, stationary
from tests.checks.preset import FEE, SIGMA, flow, risk
from tests.checks.printed import BPS, printed
from tests.checks.values import CheckValue

RISK, VOLATILITY, LOTS = 0.01, 0.3, 20
TABLE = (
    ((0.3, 0.3, 1.2, 0.6), -3, "4.258700 2.369464 4.259493 2.368366"),
    ((0.3, 0.3, 1.2, 0.6), 0, "4.469335 2.158845 4.469175 2.158684"),
    ((0.3, 0.3, 1.2, 0.6), 3, "4.679955 1.948209 4.678856 1.949002"),
    ((0.4, 0.25, 1.5, 0.6), -3, "3.720113 2.737802 3.715081 2.743222"),
    ((0.4, 0.25, 1.5, 0.6), 0, "3.921237 2.537364 3.915992 2.542311"),
    ((0.4, 0.25, 1.5, 0.6), 3, "4.124360 2.334897 4.116903 2.341400"),
)
ASYMMETRY = 0.4e-4
PASSING = {10.0: "0.3678", 60.0: "0.2622", 300.0: "0.1103", 3000.0: "0.0147"}


@functools.cache
def _both(sides: tuple[float, float, float, float], drift: float = 0.0) -> tuple[Bounded, ClosedForm]:
    bid, ask = Flow(sides[0], sides[2]), Flow(sides[1], sides[3])
    exact = stationary(RISK, VOLATILITY, bid, ask, LOTS, drift=drift)
    return exact, closed_form(RISK, VOLATILITY, bid, ask, drift=drift)


def _rows() -> Iterator[CheckValue]:
    for sides, n, figures in TABLE:
        for i, figure in enumerate(figures.split()):
            form, side = ("exact", "closed")[i // 2], ("bid", "ask")[i % 2]
            name = f"kappa {sides[0]:g}, {sides[1]:g}: {form} {side} at {n}"

            def ours(sides=sides, n=n, i=i):
                quotes = _both(sides)[i // 2]
                return quotes.ask_distance(n) if i % 2 else quotes.bid_distance(n)

            yield printed("2.5", name, figure, ours)


def _shift_bps(**drift: float) -> float:
    still, led = (closed_form(risk(), SIGMA, flow(), flow(), **change) for change in ({}, drift))
    return (still.balance - led.balance) * BPS


def _one_sided_bps(persistence_s: float) -> float:
    bid, ask = flow(FEE + ASYMMETRY), flow(FEE - ASYMMETRY)
    form = closed_form(risk(), SIGMA, bid, ask, persistence_s=persistence_s)
    return (form.bid_distance(0) - form.ask_distance(0)) / 2.0 * BPS


EQUAL = (0.3, 0.3, 0.9, 0.9)

CHECKS = (
    *_rows(),
    printed("2.5", "permanent drift: exact bid", "3.162322", lambda: _both(EQUAL, 0.002)[0].bid_distance(0)),
    printed("2.5", "permanent drift: exact ask", "3.463846", lambda: _both(EQUAL, 0.002)[0].ask_distance(0)),
    printed("2.5", "permanent drift: closed bid", "3.162102", lambda: _both(EQUAL, 0.002)[1].bid_distance(0)),
    printed("2.5", "permanent drift: closed ask", "3.463728", lambda: _both(EQUAL, 0.002)[1].ask_distance(0)),
    printed("2.5", "shift by a drift of seconds, bps", "0.393113", lambda: _shift_bps(drift=2e-5, drift_decay=0.5)),
    printed("2.5", "shift by the same for ever, bps", "22.8310", lambda: _shift_bps(drift=2e-5)),
    *(
        printed("2.5", f"one-sided cost lasting {s:g} s, bps", figure, lambda s=s: _one_sided_bps(s))
        for s, figure in PASSING.items()
    ),
)
