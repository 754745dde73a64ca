"""One contender on one seed of the synthetic market: played by the engine, summed up in one record.

Owns what is measured of a session. Every trial of a seed meets the same market until the contender's own
orders change it; the market's randomness is drawn in the order of its own events.
"""

import itertools
import math

import msgspec

from mmtui.domain.intents import CancelOrders, LogLevel, PlaceOrders, Send
from mmtui.domain.parameters import Value
from mmtui.domain.pnl import Attribution
from mmtui.domain.records import FillBooked, FundingBooked
from mmtui.domain.view import Mode
from mmtui.engine.state import EngineOptions
from mmtui.errors import InvariantError
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.research.study.after_fills import HORIZONS_S, Path, Worth, struck, worth
from mmtui.research.study.contenders import contender_settings

STEP_S = 0.1
SAMPLE_STEPS = 10
AT_LIMIT = 0.95


class Task(msgspec.Struct, frozen=True):
    """One trial to run."""

    contender: str
    seed: int
    coin: str
    hours: float
    common: dict[str, Value] = {}


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a trial. Money in micro-USD, inventory as a share of the configured position limit.

    ``minute_sd_usd`` is the deviation of one minute's P&L; ``requests`` counts single orders and cancels.
    """

    contender: str
    seed: int
    coin: str
    hours: float
    pnl: Attribution
    minute_sd_usd: float
    inventory_sd: float
    at_limit: float
    fills: int
    volume_usd: float
    requests: int
    uptime: float
    half_spread_bps: float
    worths: tuple[Worth, ...]
    mode: str
    killed_by: str
    digest: str

    @property
    def usd_per_hour(self) -> float:
        """P&L of an hour at this pace."""
        return self.pnl.total / 1e6 / self.hours


class Samples:
    """What is watched while a session runs, once a second; the mid at every step."""

    def __init__(self, session: SimulatedSession) -> None:
        self._session = session
        self._limit = 0
        self.path = Path()
        self.inventory: list[float] = []
        self.half_bps: list[float] = []
        self.minutes: list[int] = []

    def step(self, number: int) -> None:
        """Watches step ``number``."""
        session = self._session
        state = session.engine.state
        touch = state.market.touch
        if touch is None:
            return
        self.path.see(session.now_ms / 1000.0, touch.mid)
        if number % SAMPLE_STEPS:
            return
        limit_usd = state.settings.number("trading.max_position_usd")
        self.inventory.append(state.instrument.size_base(state.account.position.size) * touch.mid / limit_usd)
        ladder = state.quoting.ladder
        if ladder is not None and ladder.bids and ladder.asks:
            self.half_bps.append(ladder.half_spread_bps)
        if number % round(60.0 / STEP_S) == 0:
            self.minutes.append(state.account.pnl.total)


def run_trial(task: Task) -> Trial:
    """Plays the task to its end, or to the contender's; raises InvariantError where the causes do not sum up."""
    settings = contender_settings(task.contender, task.coin, task.common)
    options = EngineOptions(run=1, log_level=LogLevel.ERROR)
    session = SimulatedSession(synthetic_exchange(task.coin, seed=task.seed), task.coin, settings, options=options)
    samples = Samples(session)
    for number in range(round(task.hours * 3600.0 / STEP_S)):
        session.run(STEP_S)
        samples.step(number)
    return _summed_up(task, session, samples)


def exact_attribution(session: SimulatedSession) -> Attribution:
    """P&L by cause; raises InvariantError unless it is what the session's own rows of fills add up to.

    The rows are summed anew: cash and the marked position must be the total, and the distances of the fills from
    the mid the spread captured, to the micro-USD.
    """
    account = session.engine.state.account
    sums = account.pnl.attribution()
    fills = [row for row in session.rows if isinstance(row, FillBooked) and not row.is_recovered]
    funding = sum(row.amount for row in session.rows if isinstance(row, FundingBooked) and not row.is_recovered)
    fees = sum(row.fee for row in fills)
    cash = funding - fees - sum(row.side * row.size * row.price for row in fills)
    position = sum(row.side * row.size for row in fills)
    causes = sums.spread_capture + sums.adverse_selection + sums.inventory + sums.fees + sums.funding
    # A mid is half of a whole number: all is compared in half micro-USD.
    for name, told, added2 in (
        ("P&L", sums.total, 2 * cash + position * account.pnl.mid2),
        ("spread capture", sums.spread_capture, sum(row.side * row.size * (row.mid2 - 2 * row.price) for row in fills)),
        ("fees", sums.fees, -2 * fees),
        ("funding", sums.funding, 2 * funding),
        ("sum of the causes", causes, 2 * sums.total),
    ):
        if abs(2 * told - added2) > 1:
            raise InvariantError(f"{name} is {told} micro-USD by the ledger and {added2 / 2} by the rows")
    return sums


def requests_of(sends: list[Send]) -> int:
    """Single orders and cancels sent, as the venue counts them."""
    placed = sum(len(send.orders) for send in sends if isinstance(send, PlaceOrders))
    return placed + sum(len(send.cloids) for send in sends if isinstance(send, CancelOrders))


def deviation(values: list[float]) -> float:
    """The standard deviation, 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _summed_up(task: Task, session: SimulatedSession, samples: Samples) -> Trial:
    state = session.engine.state
    now = session.now_ms / 1000.0
    hits = struck((row for row in session.rows if isinstance(row, FillBooked)), samples.path, state.instrument)
    judged = [worth(hits, samples.path, now, horizon_s) for horizon_s in HORIZONS_S]
    usd = [micro / 1e6 for micro in samples.minutes]
    seen = max(1, len(samples.inventory))
    mode = Mode.KILLED if session.latches else session.view.mode
    return Trial(
        contender=task.contender,
        seed=task.seed,
        coin=task.coin,
        hours=task.hours,
        pnl=exact_attribution(session),
        minute_sd_usd=deviation([after - before for before, after in itertools.pairwise(usd)]),
        inventory_sd=math.sqrt(sum(share * share for share in samples.inventory) / seen),
        at_limit=sum(abs(share) >= AT_LIMIT for share in samples.inventory) / seen,
        fills=len(hits),
        volume_usd=state.tape.turnover / 1e6,
        requests=requests_of(session.sends),
        uptime=state.tape.uptime(now),
        half_spread_bps=sum(samples.half_bps) / max(1, len(samples.half_bps)),
        worths=tuple(one for one in judged if one is not None),
        mode=mode.value,
        killed_by=session.latches[0].reason if session.latches else "",
        digest=session.digest,
    )
