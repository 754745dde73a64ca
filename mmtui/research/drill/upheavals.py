"""What ends trading for a while: liquidation, deleveraging, delisting, another contract, another account mode, a twin.

Owns how each begins and how it is over, and the judgement that the engine notices: where the exchange can be
reached, a kill is in force soon after. What a person does then is the person's part.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from mmtui.domain.cloid import make_cloid
from mmtui.domain.instrument import Side
from mmtui.research.drill.faults import Fault
from mmtui.research.drill.scenario import COIN
from mmtui.research.drill.violation import Violation
from mmtui.venues.exchange import actions
from mmtui.venues.exchange.direct import ACCOUNT_MODE

if TYPE_CHECKING:
    from mmtui.research.drill.world import World

EVERY_MS = 1_000
TWIN_RUN = 0x7FFF_0000
OTHER_MODES = ("unifiedAccount", "portfolioMargin")
TWIN_EVERY_MS = 3_000
LASTS_MS = (90_000, 200_000)
NOTICED_WITHIN_S = 75.0
TWIN_MARGIN_S = 25.0
ASKED_EVERY_S = 10.0
KINDS = frozenset(
    {Fault.LIQUIDATION, Fault.ADL, Fault.DELISTING, Fault.CONTRACT_CHANGE, Fault.ACCOUNT_MODE, Fault.TWIN}
)
_STATED = frozenset({Fault.DELISTING, Fault.CONTRACT_CHANGE, Fault.ACCOUNT_MODE})


class Upheavals:
    """The upheavals of one world, at most one at a time."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._on: Fault | None = None
        self._run = 0
        self._is_noticed = False
        self._reachable_s = 0.0
        self._lost_before = 0
        self._twins = 0
        self._is_watching = False

    @property
    def on(self) -> Fault | None:
        """The upheaval under way."""
        return self._on

    def strike(self, kind: Fault) -> bool:
        """Begins an upheaval, unless one is under way or there is nothing to strike; returns whether it did."""
        world = self._world
        engine = world.process.engine
        if self._on is not None or world.process.shell is None or world.process.latch is not None:
            return False
        if engine is None or not engine.state.account.is_anchored:
            return False  # what an engine finds at its start is no change to it
        if kind in (Fault.LIQUIDATION, Fault.ADL) and not world.truth.position:
            return False
        self._on, self._run, self._reachable_s, self._is_noticed = kind, world.process.run, 0.0, False
        self._lost_before = world.network.statements_lost
        _ACTS[kind](self)
        if not self._is_watching:
            self._is_watching = True
            world.timeline.after(EVERY_MS, self._watch)
        world.timeline.after(self._stream.randint(*LASTS_MS), partial(self.end, kind))
        return True

    def end(self, kind: Fault | None = None) -> None:
        """Everything is as it was; trading begins again when a person says so."""
        if self._on is None or kind not in (None, self._on):
            return
        self._on = None
        self._world.direct.account_mode = ACCOUNT_MODE
        self._world.exchange.relist(self._world.direct.instrument)
        self._world.outsider.withdraw()

    @property
    def _stream(self) -> random.Random:
        assert self._on is not None, "an upheaval is under way"
        return self._world.faults.stream(self._on)

    def _force(self, *, is_liquidation: bool) -> None:
        size = max(1, int(abs(self._world.truth.position) * self._stream.choice((0.2, 0.5, 1.0, 1.0))))
        self._world.exchange.close_out(self._world.account, COIN, size, is_liquidation=is_liquidation)

    def _delist(self) -> None:
        world = self._world
        world.exchange.relist(msgspec.structs.replace(world.direct.instrument, is_delisted=True))
        world.exchange.settle(COIN, world.truth.settled)

    def _change_contract(self) -> None:
        known = self._world.direct.instrument
        change = {"size_decimals": known.size_decimals - 1} if self._stream.random() < 0.5 else {"max_leverage": 10}
        self._world.exchange.relist(msgspec.structs.replace(known, **change))

    def _change_mode(self) -> None:
        engine = self._world.process.engine
        assert engine is not None, "an upheaval strikes an engine that has read its account"
        others = [mode for mode in OTHER_MODES if mode != engine.state.account.mode]
        self._world.direct.account_mode = self._stream.choice(others)

    def _begin_twin(self) -> None:
        self._twins += 1
        self._world.truth.twins.add(TWIN_RUN + self._twins)
        self._twin_places(0)

    def _twin_places(self, count: int) -> None:
        if self._on is not Fault.TWIN:
            return
        cloid = make_cloid(TWIN_RUN + self._twins, count)
        self._submit(self._stream.choice((Side.BUY, Side.SELL)), cloid)
        self._world.timeline.after(TWIN_EVERY_MS, partial(self._twin_places, count + 1))

    def _submit(self, side: Side, cloid: str) -> None:
        world = self._world
        instrument, best = world.direct.instrument, world.exchange.book(COIN).best(side)
        if best is None:
            return
        price = instrument.floor_price(int(best * (1.0 - side * self._stream.uniform(0.0, 0.002))))
        size = 2 * instrument.min_size(price)
        order = actions.PlaceOrder(
            asset=instrument.asset_id, side=side, price=price, size=size, tif=actions.Tif.ALO, cloid=cloid
        )
        world.exchange.submit(world.timeline.now_ms, world.account, actions.OrderAction((order,)), _ignore)

    def _watch(self) -> None:
        """Counts the seconds in which a sane engine could have noticed."""
        world, kind = self._world, self._on
        world.timeline.after(EVERY_MS, self._watch)
        if kind is None:
            return
        self._is_noticed = self._is_noticed or world.process.latch is not None or world.process.run != self._run
        if self._is_noticed or not self._is_reachable():
            self._reachable_s, self._lost_before = 0.0, world.network.statements_lost
            return
        self._reachable_s += EVERY_MS / 1000.0
        if self._reachable_s > self._noticed_within_s(kind):
            raise Violation("I17", f"{kind.value}: no kill although it could be seen for {self._reachable_s:.0f} s")

    def _noticed_within_s(self, kind: Fault) -> float:
        """What only a statement tells waits for the next question where an answer was lost on its way."""
        if kind is Fault.TWIN:
            return NOTICED_WITHIN_S + TWIN_MARGIN_S
        lost = self._world.network.statements_lost - self._lost_before if kind in _STATED else 0
        return NOTICED_WITHIN_S + ASKED_EVERY_S * lost

    def _is_reachable(self) -> bool:
        world = self._world
        engine = world.process.engine
        return (
            engine is not None
            and engine.state.account.is_anchored
            and not engine.state.control.stop_reason
            and not world.process.is_stalled
            and not world.network.is_out
            and all(world.network.is_up.values())
            and not world.network.silent
            and not world.venue.windows
        )


_ACTS: dict[Fault, Callable[[Upheavals], None]] = {
    Fault.LIQUIDATION: lambda one: one._force(is_liquidation=True),
    Fault.ADL: lambda one: one._force(is_liquidation=False),
    Fault.DELISTING: Upheavals._delist,
    Fault.CONTRACT_CHANGE: Upheavals._change_contract,
    Fault.ACCOUNT_MODE: Upheavals._change_mode,
    Fault.TWIN: Upheavals._begin_twin,
}


def _ignore(_: actions.Reply) -> None:
    """Nobody waits for the answer."""
