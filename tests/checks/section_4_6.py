"""The control problem solved: models.md 4.6, preset P1 with the fee as the only cost."""

import functools

from mmtui.strategies import glft
from mmtui.strategies.hjb.problem import DriftChain, Problem, Taker, income_usd
from mmtui.strategies.hjb.solver import solve
from mmtui.strategies.hjb.value import ValueFunction
from tests.checks.preset import LIMIT_LOTS, LOT_USD, SIGMA, flow, risk
from tests.checks.values import CheckValue

BPS = 1e4
STILL, MAKER_ONLY = DriftChain(), Taker()
SLOW = DriftChain(0.05, 5e-6, 21)
USUAL = DriftChain(0.5, 5e-5, 21)
FAST = DriftChain(5.0, 5e-4, 21)


def _problem(
    attitude: str = "cara",
    drift: DriftChain = STILL,
    *,
    gamma: float = 0.3,
    sigma: float = SIGMA,
    taker: Taker = MAKER_ONLY,
) -> Problem:
    return Problem(flow(), flow(), sigma, risk(gamma), LIMIT_LOTS, glft.RiskAttitude(attitude), drift, taker)


PLAIN, PENALTY = _problem(), _problem("penalty")
DRIFTING = _problem(drift=USUAL)
TAKER = Taker(1.0, 4.55e-4)
WILD, TAKING = _problem(gamma=1.0, sigma=4e-4), _problem(gamma=1.0, sigma=4e-4, taker=TAKER)
WILDER = _problem(gamma=1.0, sigma=8e-4, taker=TAKER)


@functools.cache
def solved(problem: Problem) -> ValueFunction:
    return solve(problem)


def bid(problem: Problem, n: int, drift: float = 0.0) -> float:
    return (problem.offsets[0] + solved(problem).bid_gap(n, drift)) * BPS


def ask(problem: Problem, n: int, drift: float = 0.0) -> float:
    return (problem.offsets[1] + solved(problem).ask_gap(n, drift)) * BPS


def lean(chain: DriftChain, drift: float) -> float:
    """Shift of the centre that a drift makes when flat, upward, bps."""
    problem = _problem(drift=chain)
    return (ask(problem, 0, drift) - bid(problem, 0, drift)) / 2.0


def closed_lean(chain: DriftChain, drift: float) -> float:
    form = glft.closed_form(risk(), SIGMA, flow(), flow(), drift=drift, drift_decay=chain.decay)
    return (form.ask_distance(0) - form.bid_distance(0)) / 2.0 * BPS


def taking(problem: Problem, n: int, sign: int) -> float:
    gap = solved(problem).bid_gap(n, 0.0) if sign > 0 else solved(problem).ask_gap(n, 0.0)
    return problem.taker.rate_at(gap)


def _row(name: str, expected: float, ours: functools.partial[float], *, abs_: float = 5e-7) -> CheckValue:
    return CheckValue("4.6", name, expected, ours, abs=abs_)


def _bids(name: str, problem: Problem, figures: tuple[float, ...]) -> list[CheckValue]:
    return [
        _row(f"{name}, bid at n = {n}", figure, functools.partial(bid, problem, n))
        for n, figure in enumerate(figures, -LIMIT_LOTS)
    ]


def _growth(problem: Problem) -> float:
    return solved(problem).growth


def _income(problem: Problem) -> float:
    return income_usd(solved(problem).growth, LOT_USD)


GLFT = (2.322313, 3.331051, 3.858684, 4.267038, 4.637555, 4.998867, 5.369384, 5.777738, 6.305370, 7.314109)
NEUTRAL = (2.338767, 3.347613, 3.875012, 4.282944, 4.652948, 5.013719, 5.383723, 5.791655, 6.319054, 7.327899)
CROSSING = (-0.941301, -0.387689, 0.040838, 1.120623, 3.462453, 6.104795, 8.446625, 9.526410, 9.954937, 10.508549)
WAITING = (-3.815795, -2.485285, -0.896725, 1.058788, 3.455244, 6.112004, 8.508461, 10.463973, 12.052533, 13.383044)
DRIFTS = {
    -3: ((5.810254, 4.382361), (3.861042, 6.305834), (1.912639, 8.230255)),
    0: ((6.957567, 3.037808), (4.997849, 4.997849), (3.037808, 6.957567)),
    3: ((8.230255, 1.912639), (6.305834, 3.861042), (4.382361, 5.810254)),
}


def _drifting() -> list[CheckValue]:
    rows = []
    for n, pairs in DRIFTS.items():
        for drift, (on_bid, on_ask) in zip((-1e-4, 0.0, 1e-4), pairs, strict=True):
            where = f"n = {n}, drift {drift:g}"
            rows.append(_row(f"with drift, bid at {where}", on_bid, functools.partial(bid, DRIFTING, n, drift)))
            rows.append(_row(f"with drift, ask at {where}", on_ask, functools.partial(ask, DRIFTING, n, drift)))
    return rows


def _leans() -> list[CheckValue]:
    figures = ((USUAL, 2e-5, 0.392136, 0.393113), (FAST, 2e-4, 0.399197, 0.399300), (SLOW, 2e-6, 0.329938, 0.340368))
    rows = []
    for chain, drift, solved_bps, closed_bps in figures:
        name = f"decay {chain.decay:g}, drift {drift:g}"
        rows.append(_row(f"centre shift, {name}", solved_bps, functools.partial(lean, chain, drift)))
        rows.append(
            _row(f"centre shift in closed form, {name}", closed_bps, functools.partial(closed_lean, chain, drift))
        )
    return rows


def _takers() -> list[CheckValue]:
    rows = []
    for n in range(-LIMIT_LOTS, LIMIT_LOTS + 1):
        selling, buying = float(n >= 3), float(n <= -3)
        if n > -LIMIT_LOTS:
            rows.append(_row(f"taker selling at n = {n}", selling, functools.partial(taking, TAKING, n, -1)))
        if n < LIMIT_LOTS:
            rows.append(_row(f"taker buying at n = {n}", buying, functools.partial(taking, TAKING, n, 1)))
    for n, rate in ((1, 0.0), (2, 1.0)):
        rows.append(_row(f"taker selling at n = {n}, sigma 8e-4", rate, functools.partial(taking, WILDER, n, -1)))
    rows += [
        _row(f"no taker at P1 itself, n = {n}", 0.0, functools.partial(taking, _problem(taker=TAKER), n, -1))
        for n in range(1, LIMIT_LOTS + 1)
    ]
    return rows


CHECKS = (
    *_bids("without drift", PLAIN, GLFT),
    *_bids("penalty", PENALTY, NEUTRAL),
    _row("income, USD/s", 0.029491585, functools.partial(_income, PLAIN), abs_=5e-10),
    *_drifting(),
    _row("income with drift, USD/s", 0.030802979, functools.partial(_income, DRIFTING), abs_=5e-10),
    *_leans(),
    *_bids("taker", TAKING, CROSSING),
    *_takers(),
    _row("growth with taker", 2.072702535e-05, functools.partial(_growth, TAKING), abs_=5e-15),
    *_bids("no taker", WILD, WAITING),
    _row("growth without taker", 2.068224866e-05, functools.partial(_growth, WILD), abs_=5e-15),
)
