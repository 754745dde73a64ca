"""Bugs of market data, connections and what may be decided on."""

import math

import pytest

from mmtui.domain.parameters import Settings
from mmtui.engine import market
from mmtui.engine.account import Account
from mmtui.engine.control.edits import LiveSettings
from mmtui.engine.market import Market
from tests.simulation.planted.table import bug

AGES = frozenset({"risk.book_age_max_s", "risk.venue_age_max_s", "risk.stale_data_s", "risk.stale_kill_s"})


@bug("book accepted unchecked", "the last picture is believed whatever it says", "feeds")
def unchecked(patch: pytest.MonkeyPatch) -> None:
    def believe(self: Market, now: float, touch: object) -> bool:
        self.touch, self.good_at, self._candidate_count = touch, now, market.CONFIRMATIONS_ALONE
        self._candidate_mid = touch.mid
        return touch.bid > 0.0

    patch.setattr(Market, "take_touch", believe)


@bug("crossed and senseless touches accepted", "a bid above the ask is believed", "feeds")
def crossed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(market, "touch_refusal", lambda touch: None)


@bug("no staleness gate", "orders are decided on a book of any age", "feeds")
def stale(patch: pytest.MonkeyPatch) -> None:
    number = Settings.number
    patch.setattr(Settings, "number", lambda self, key: 1e9 if key in AGES else number(self, key))


@bug("staleness by receive time only", "a backlog of old books looks fresh", "feeds")
def backlog(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Market, "venue_age", lambda self, now: 0.0)


@bug("first book unconfirmed", "the first picture after a start or a gap is decided on", "feeds")
def first_book(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(market, "CONFIRMATIONS", 1)


@bug("distrust after a gap off", "the picture from before a gap is still believed after it", "feeds")
def trusting(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Market, "distrust", lambda self: None)


@bug("no reconciliation after a reconnect", "orders go on before the account was read again", "reconnects")
def unreconciled(patch: pytest.MonkeyPatch) -> None:
    doubt = Account.doubt
    patch.setattr(
        Account, "doubt", lambda self, why, ms: None if "interrupted" in why else doubt(self, why, ms)
    )  # fmt: skip


@bug("number check of edits removed", "a setting becomes what is not a number", "people")
def not_a_number(patch: pytest.MonkeyPatch) -> None:
    checked = LiveSettings._checked

    def unchecked_value(self: LiveSettings, name: str, value: object) -> object:
        if isinstance(value, float) and not math.isfinite(value):
            return checked(self, name, self.settings.value(name))[0], value
        return checked(self, name, value)

    patch.setattr(LiveSettings, "_checked", unchecked_value)


BUGS = (unchecked, crossed, stale, backlog, first_book, trusting, unreconciled, not_a_number)
