"""Every kind of fault that a world can have, and whether one strikes now.

Owns the names, the profiles that group them, and one random stream a kind, so that switching one kind
off does not move the others. Never carries a fault out: the ports ask.
"""

import enum
import random
from collections import Counter
from collections.abc import Mapping


class Fault(enum.Enum):
    """A kind of fault. Rates of those in ``EPISODES`` are occurrences an hour, of all others probabilities."""

    __hash__ = object.__hash__

    DROP_REQUEST = "request lost"
    DELAY_REQUEST = "request late by seconds"
    DOUBLE_REQUEST = "request delivered twice"
    DROP_REPLY = "answer lost"
    DELAY_REPLY = "answer late by seconds"
    GARBLE_REPLY = "answer unreadable"
    DROP_QUERY = "query lost"
    DROP_FILL = "fill never pushed"
    DROP_UPDATE = "order update never pushed"
    DELAY_PUSH = "push late by seconds"
    DOUBLE_PUSH = "push delivered twice"
    SHUFFLE_PUSH = "pushes out of order"
    ABSURD_BOOK = "absurd book"
    DROP_WS = "connection lost"
    BLACKHOLE = "connection silent"
    FREEZE_MARKET = "market data frozen"
    FREEZE_USER = "account stream frozen"
    LAG = "market data late"
    OUTAGE = "requests fail while blocks go on"
    RATE_LIMIT = "429"
    ITEM_REJECT = "one entry refused"
    BATCH_ERROR = "whole action refused"
    TRUNCATED = "fewer statuses than entries"
    NOVEL_STATUS = "status nobody knows"
    BAD_NONCE = "nonce refused"
    MARGIN = "insufficient margin"
    OI_CAP = "open interest capped"
    POST_ONLY = "post-only window"
    HALT = "venue halted"
    LEVERAGE = "leverage changed outside"
    MANUAL_TRADE = "trade by hand"
    FOREIGN_ORDER = "foreign order rests"
    WEB_CANCEL = "own orders cancelled outside"
    REVOKED = "key revoked"
    SLOW_FSYNC = "disk slow"
    DISK_FULL = "disk full"
    DISK_ERROR = "disk error"
    KILL_BEFORE_JOURNAL = "killed before the journal"
    KILL_BEFORE_SYNC = "killed before the sync"
    KILL_BEFORE_SEND = "killed before the send"
    KILL_AFTER_SEND = "killed after the send"
    KILL = "killed at any point"
    POWER_CUT = "power cut"
    GUARD_LOST = "guard process lost"
    SWITCH_LOST = "renewals of the exchange's switch lost"
    FREEZE_ENGINE = "engine stopped by a signal"
    STALL = "loop stalled"
    SUSPEND = "machine suspended"
    SKEW = "wall clock wrong at start"
    DRIFT = "clock drifts"
    OPERATOR = "operator at the keys"
    TRANSFER = "money comes or goes"
    JOURNAL_LOST = "journal gone at a start"
    FICKLE = "strategy cannot decide"
    DROP_ANSWER = "answer to a question lost"
    DELAY_ANSWER = "answer to a question late by seconds"
    DISK_HANG = "disk hangs"
    SWITCH_FIRED = "exchange's switch fires while alive"
    MIDNIGHT = "the UTC day ends"
    PERSON = "a person tries everything"
    LIQUIDATION = "position liquidated"
    ADL = "position auto-deleveraged"
    DELISTING = "contract delisted and settled"
    CONTRACT_CHANGE = "contract described otherwise"
    ACCOUNT_MODE = "account mode changed"
    TWIN = "another engine on the account"


EPISODES = frozenset(
    {
        Fault.DROP_WS, Fault.BLACKHOLE, Fault.FREEZE_MARKET, Fault.FREEZE_USER, Fault.LAG, Fault.OUTAGE, Fault.OI_CAP,
        Fault.POST_ONLY, Fault.HALT, Fault.LEVERAGE, Fault.MANUAL_TRADE, Fault.FOREIGN_ORDER, Fault.WEB_CANCEL,
        Fault.REVOKED, Fault.SLOW_FSYNC, Fault.DISK_FULL, Fault.DISK_ERROR, Fault.KILL, Fault.POWER_CUT,
        Fault.FREEZE_ENGINE, Fault.STALL, Fault.SUSPEND, Fault.SKEW, Fault.DRIFT, Fault.OPERATOR, Fault.MARGIN,
        Fault.GUARD_LOST, Fault.SWITCH_LOST, Fault.TRANSFER, Fault.JOURNAL_LOST, Fault.FICKLE,
        Fault.DISK_HANG, Fault.SWITCH_FIRED, Fault.PERSON, Fault.LIQUIDATION, Fault.ADL, Fault.DELISTING,
        Fault.CONTRACT_CHANGE, Fault.ACCOUNT_MODE, Fault.TWIN,
    }
)  # fmt: skip

_NETWORK = {
    Fault.DROP_REQUEST: 0.03, Fault.DELAY_REQUEST: 0.03, Fault.DOUBLE_REQUEST: 0.01, Fault.DROP_REPLY: 0.03,
    Fault.DELAY_REPLY: 0.03, Fault.GARBLE_REPLY: 0.02, Fault.DROP_QUERY: 0.05, Fault.DROP_FILL: 0.05,
    Fault.DROP_UPDATE: 0.05, Fault.DELAY_PUSH: 0.03, Fault.DOUBLE_PUSH: 0.03, Fault.SHUFFLE_PUSH: 0.03,
    Fault.ABSURD_BOOK: 0.003, Fault.DROP_WS: 8.0, Fault.BLACKHOLE: 2.0, Fault.FREEZE_MARKET: 3.0,
    Fault.FREEZE_USER: 2.0, Fault.LAG: 4.0, Fault.OUTAGE: 2.0,
}  # fmt: skip
_VENUE = {
    Fault.RATE_LIMIT: 0.01, Fault.ITEM_REJECT: 0.02, Fault.BATCH_ERROR: 0.01, Fault.TRUNCATED: 0.01,
    Fault.NOVEL_STATUS: 0.01, Fault.BAD_NONCE: 0.01, Fault.MARGIN: 2.0, Fault.OI_CAP: 2.0, Fault.POST_ONLY: 2.0,
    Fault.HALT: 1.0, Fault.REVOKED: 0.4,
}  # fmt: skip
_DISK = {Fault.SLOW_FSYNC: 10.0, Fault.DISK_FULL: 1.0, Fault.DISK_ERROR: 1.0, Fault.POWER_CUT: 1.5}
_PROCESS = {
    Fault.KILL_BEFORE_JOURNAL: 0.0015, Fault.KILL_BEFORE_SYNC: 0.0015, Fault.KILL_BEFORE_SEND: 0.0015,
    Fault.KILL_AFTER_SEND: 0.0015, Fault.KILL: 4.0, Fault.FREEZE_ENGINE: 1.5,
    Fault.GUARD_LOST: 1.5, Fault.SWITCH_LOST: 1.5,
}  # fmt: skip
_CLOCK = {Fault.STALL: 20.0, Fault.SUSPEND: 2.0, Fault.SKEW: 3.0, Fault.DRIFT: 2.0}
_ACCOUNT = {
    Fault.LEVERAGE: 1.0, Fault.MANUAL_TRADE: 4.0, Fault.FOREIGN_ORDER: 4.0, Fault.WEB_CANCEL: 6.0, Fault.OPERATOR: 12.0,
}  # fmt: skip
# Last of every profile, so that the seeds of the others keep their course.
_RARE = {Fault.TRANSFER: 2.0, Fault.JOURNAL_LOST: 0.5, Fault.FICKLE: 2.0}
_ANSWERS = {Fault.DROP_ANSWER: 0.05, Fault.DELAY_ANSWER: 0.05}
_HANG = {Fault.DISK_HANG: 1.0}
_SWITCH = {Fault.SWITCH_FIRED: 1.0}
_MIDNIGHT = {Fault.MIDNIGHT: 1.0}
_PERSON = {Fault.PERSON: 20.0}
_UPHEAVALS = {
    Fault.LIQUIDATION: 1.0, Fault.ADL: 1.0, Fault.DELISTING: 0.7, Fault.CONTRACT_CHANGE: 0.7, Fault.ACCOUNT_MODE: 0.7,
    Fault.TWIN: 1.0,
}  # fmt: skip
_SELDOM = {kind: 0.3 * rate for kind, rate in _UPHEAVALS.items()}

PROFILES: Mapping[str, Mapping[Fault, float]] = {
    "calm": {},
    "network": {**_NETWORK, **_ANSWERS},
    "venue": _VENUE,
    "disk": {**_DISK, **_HANG},
    "process": {**_PROCESS, **_SWITCH},
    "clock": {**_CLOCK, **_MIDNIGHT},
    "account": {**_ACCOUNT, **_RARE, **_PERSON},
    "hostile": {
        **_NETWORK,
        **_VENUE,
        **_DISK,
        **_PROCESS,
        **_CLOCK,
        **_ACCOUNT,
        **_RARE,
        **_ANSWERS,
        **_HANG,
        **_SWITCH,
        **_MIDNIGHT,
        **_PERSON,
        **_SELDOM,
    },
    "upheaval": {**_UPHEAVALS, **_PERSON, **_ANSWERS},
}
PROBABILITY_MAX = 0.5


class Faults:
    """The faults of one world: which are on, how often, and how often each has struck."""

    __slots__ = ("_rates", "_streams", "fired", "is_on")

    def __init__(self, seed: int, rates: Mapping[Fault, float]) -> None:
        self._rates = dict(rates)
        self._streams = {kind: random.Random(f"{seed}:{kind.name}") for kind in Fault}  # noqa: S311
        self.fired: Counter[Fault] = Counter()
        self.is_on = False

    @property
    def enabled(self) -> tuple[Fault, ...]:
        """The kinds that this world has."""
        return tuple(self._rates)

    def hit(self, kind: Fault) -> bool:
        """Whether a fault given as a probability strikes now."""
        rate = self._rates.get(kind)
        if rate is None or not self.is_on or self._streams[kind].random() >= rate:
            return False
        self.fired[kind] += 1
        return True

    def set_rate(self, kind: Fault, rate: float) -> None:
        """Sets how often a kind strikes from now on."""
        self._rates[kind] = rate

    def stream(self, kind: Fault) -> random.Random:
        """The kind's own random stream, for sizes and durations."""
        return self._streams[kind]

    def wait_ms(self, kind: Fault) -> int | None:
        """Milliseconds to the next occurrence of a kind given by the hour; None when it is not on."""
        rate = self._rates.get(kind)
        return None if rate is None else 1 + int(self._streams[kind].expovariate(rate) * 3_600_000.0)


def draw(seed: int, profile: str, intensity: float) -> dict[Fault, float]:
    """A swarm's share of a profile: a random subset of its kinds at random rates around the profile's own."""
    rng = random.Random(f"{seed}:{profile}:swarm")  # noqa: S311 - a simulation
    kinds = PROFILES[profile]
    share = rng.uniform(0.35, 1.0)
    chosen: dict[Fault, float] = {}
    for kind, rate in kinds.items():
        keep, factor = rng.random() < share, rng.choice((0.3, 1.0, 1.0, 3.0))
        if keep:
            scaled = rate * factor * intensity
            chosen[kind] = scaled if kind in EPISODES else min(PROBABILITY_MAX, scaled)
    if kinds and not chosen:
        kind = rng.choice(list(kinds))
        chosen[kind] = kinds[kind]
    return chosen
