"""Bugs of the controls before the wire, of limits, rates and money."""

import msgspec
import pytest

from mmtui.domain.pnl import PnlLedger
from mmtui.domain.view import Mode
from mmtui.engine import account, modes
from mmtui.engine.account import Account
from mmtui.engine.control import governing
from mmtui.engine.quoting import cycle
from mmtui.engine.transfers import CashWatch
from mmtui.risk.controls import Permit, _Desk
from mmtui.risk.throttle import ActionRate, RefusalBackoff, ReplaceRate
from tests.simulation.planted.table import bug


@bug("expiry missing", "an order may still execute an hour after it was sent", "losses")
def everlasting(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cycle, "expiry_ms", lambda state, now: int((now + 3_600.0) * 1000.0))


@bug("reduce-only mode permits everything", "orders that add go out when only the position may be reduced", "people")
def permissive(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(modes.PERMITS, Mode.REDUCE_ONLY, Permit.ADD)


@bug("reduce-only flag dropped", "closing quotes are not flagged, and at its limit the position is never reduced",
     "one-sided")  # fmt: skip
def unflagged(patch: pytest.MonkeyPatch) -> None:
    terms = cycle._terms
    patch.setattr(
        cycle, "_terms", lambda *given: msgspec.structs.replace(terms(*given), reduce_only=False)
    )  # fmt: skip


@bug("self-cross check removed", "a bid goes out at or above an own ask", "trending")
def self_cross(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Desk, "_own", lambda self, terms: None)


@bug("collar removed", "orders go out however far they are from mid, mark and oracle", "narrow")
def collarless(patch: pytest.MonkeyPatch) -> None:
    gate = cycle.gate
    patch.setattr(cycle, "gate", lambda state, now: msgspec.structs.replace(gate(state, now), collar=1e9))


@bug("position limit off by a clip", "the limit lets one order more through", "one-sided")
def off_by_one(patch: pytest.MonkeyPatch) -> None:
    limit = governing.effective_limit

    def more(*given: object, **named: object) -> object:
        found = limit(*given, **named)
        return msgspec.structs.replace(found, size=found.size + found.size // 3)

    patch.setattr(governing, "effective_limit", more)


@bug("cancel reserve spent on placing", "placing uses the requests that are kept for cancels", "busy")
def reserve_spent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ActionRate, "may_place", lambda self, now, settings: True)


@bug("runaway throttle off", "a strategy that cannot decide places and cancels without end", "fickle")
def runaway(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReplaceRate, "replaced", lambda self, *given: 0)


@bug("refusal back-off off", "a level that the exchange refuses is tried again at once, for ever", "refusals")
def stubborn(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RefusalBackoff, "may_place", lambda self, now, side, level: True)


@bug("budget changes price", "scarce requests move quotes away from where the strategy wants them", "scarce")
def budget_price(patch: pytest.MonkeyPatch) -> None:
    fit = cycle._fit_to_budget

    def wider(ladder: object, levels_max: int) -> object:
        fitted = fit(ladder, levels_max)
        if levels_max >= 1000:
            return fitted
        bids = tuple(msgspec.structs.replace(level, price=level.price - 50) for level in fitted.bids)
        return msgspec.structs.replace(fitted, bids=bids)

    patch.setattr(cycle, "_fit_to_budget", wider)


@bug("day loss not kept", "a restart refills the loss limit of the day", "starts")
def forgetful_day(patch: pytest.MonkeyPatch) -> None:
    made = account.Day.__init__
    patch.setattr(account.Day, "__init__", lambda self, number, equity, restored: made(self, number, equity, None))


@bug("deposit counted as P&L", "money that comes or goes is not told from profit and loss", "money")
def deposit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CashWatch, "look", lambda self, snapshot, **given: 0)


@bug("funding booked twice", "a payment that is told again is paid again", "hour")
def funding(patch: pytest.MonkeyPatch) -> None:
    apply = Account.apply_funding

    def again(self: Account, payment: object) -> bool:
        self._funding_keys.clear()
        return apply(self, payment)

    patch.setattr(Account, "apply_funding", again)


@bug("fee sign flipped", "fees paid count as income in the P&L", "losses")
def fee_sign(patch: pytest.MonkeyPatch) -> None:
    fill = PnlLedger.fill
    patch.setattr(
        PnlLedger, "fill", lambda self, now, side, price, size, fee: fill(self, now, side, price, size, -fee)
    )  # fmt: skip


@bug("fees left out of the cash", "the books drift from the exchange's by every fee", "losses")
def fee_forgotten(patch: pytest.MonkeyPatch) -> None:
    apply = Account.apply_fill
    patch.setattr(
        Account, "apply_fill", lambda self, now, fill: apply(self, now, msgspec.structs.replace(fill, fee=0))
    )  # fmt: skip


BUGS = (
    everlasting, permissive, unflagged, self_cross, collarless, off_by_one, reserve_spent, runaway, stubborn,
    budget_price, forgetful_day, deposit, funding, fee_sign, fee_forgotten,
)  # fmt: skip
