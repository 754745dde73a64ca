"""The exchange's dead man's switch: set before the first order, renewed, fired, spent, taken off; F83, F86 to F89."""

import itertools
import random
from collections.abc import Callable

import msgspec
import pytest

from mmtui.domain.commands import Rearm, Verb
from mmtui.domain.events import (
    AccountSnapshot,
    ActionFailed,
    AnyEvent,
    Certainty,
    GuardChanged,
    OrderReports,
    RefusalReason,
)
from mmtui.domain.intents import CancelOrders, PlaceOrders, ScheduleCancel, Send
from mmtui.domain.parameters import Settings
from mmtui.domain.view import GuardView, Mode
from mmtui.engine.account import DayState
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import START_MS, SimulatedSession
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings
from tests.simulation.truth import assert_books_agree, resting

DAY_S = 86_400


class Switched:
    """A session whose account has traded enough, unless told otherwise."""

    def __init__(
        self,
        *,
        volume_usd: float = 2e6,
        start_ms: int = START_MS,
        options: EngineOptions | None = None,
        **settings: object,
    ) -> None:
        instrument = default_listing().instrument("ETH")
        exchange = Exchange(
            listing_for(default_listing(), [instrument]),
            [SyntheticMarket(instrument, random.Random(1))],
            start_ms=start_ms,
            settings=ExchangeSettings(schedule_cancel_volume_usd=0),
        )
        changes = {"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"}
        changes.update({key.replace("__", "."): value for key, value in settings.items()})
        self.volume_usd = volume_usd
        self.session = SimulatedSession(exchange, "ETH", Settings.defaults().with_values(changes), options=options)
        self.session.on_event = self.come
        self.session.on_send = self.send
        self.swallow: Callable[[AnyEvent], bool] = lambda event: False
        self.lose: Callable[[Send], bool] = lambda intent: False

    def come(self, event: AnyEvent) -> AnyEvent | None:
        if self.swallow(event):
            return None
        if isinstance(event, AccountSnapshot):
            return msgspec.structs.replace(event, traded_volume_usd=self.volume_usd)
        return event

    def send(self, intent: Send) -> bool:
        return not self.lose(intent)

    def until(self, mode: Mode, seconds: float = 120.0) -> None:
        for _ in range(int(seconds * 10)):
            if self.session.view.mode is mode:
                return
            self.session.run(0.1)
        pytest.fail(f"{self.session.view.mode}: {self.session.view.mode_reason}")

    @property
    def settings_sent(self) -> list[ScheduleCancel]:
        return [intent for intent in self.session.sends if isinstance(intent, ScheduleCancel)]

    @property
    def guard(self) -> GuardView:
        return next(guard for guard in self.session.view.guards if guard.name == "exchange switch")

    @property
    def at_the_exchange(self) -> int | None:
        """When the exchange itself would fire, its milliseconds."""
        return self.session.exchange._state.accounts[self.session.account].scheduled_cancel.at_ms

    def fail(self, intent: Send, reason: RefusalReason, text: str = "refused") -> None:
        self.session.feed(
            ActionFailed(
                received_at=self.session.now_ms / 1000.0,
                request_id=intent.request_id,
                certainty=Certainty.NOT_EXECUTED,
                reason=reason,
                text=text,
            )
        )


def is_switch(intent: Send) -> bool:
    return isinstance(intent, ScheduleCancel)


@pytest.mark.fault("F86")
@pytest.mark.parametrize("policy", ["require", "if_available"])
def test_it_is_set_and_acknowledged_before_the_first_order_and_renewed_every_ten_seconds(policy: str) -> None:
    world = Switched(execution__dead_mans_switch=policy)
    world.until(Mode.QUOTING)
    session = world.session
    session.run(60)
    first_place = next(i for i, intent in enumerate(session.sends) if isinstance(intent, PlaceOrders))
    assert any(is_switch(intent) for intent in session.sends[:first_place])
    times = [intent.at_ms for intent in world.settings_sent]
    assert all(9_900 <= later - earlier <= 10_200 for earlier, later in itertools.pairwise(times))
    assert all(0 < intent.expires_at_ms - (intent.at_ms - 30_000) <= 5_100 for intent in world.settings_sent)
    assert world.guard.state == "armed"
    assert 15.0 <= world.guard.expires_in_s <= 30.0
    assert world.at_the_exchange == times[-1]


def test_nothing_is_placed_before_the_answer_to_the_first_setting() -> None:
    world = Switched(execution__dead_mans_switch="require")
    world.lose = is_switch
    world.session.run(100)
    assert not [intent for intent in world.session.sends if isinstance(intent, PlaceOrders)]
    assert (world.session.view.mode, world.session.view.mode_reason) == (Mode.PAUSED, "setting the exchange's switch")
    world.lose = lambda intent: False
    world.until(Mode.QUOTING, 30)


def test_without_the_volume_require_quotes_nothing_and_says_so_and_if_available_goes_on() -> None:
    strict, easy = Switched(volume_usd=12_000, execution__dead_mans_switch="require"), Switched(volume_usd=12_000)
    strict.session.run(90)
    easy.session.run(90)
    assert strict.session.view.mode is Mode.PAUSED
    assert "$12,000 of $1,000,000" in strict.session.view.mode_reason
    assert resting(strict.session) == []
    assert easy.session.view.mode is Mode.QUOTING
    assert (easy.guard.state, easy.guard.detail) == ("not eligible", "$12,000 of $1,000,000 traded")
    assert strict.settings_sent == easy.settings_sent == []


def test_off_leaves_the_switch_alone() -> None:
    world = Switched(execution__dead_mans_switch="off")
    world.until(Mode.QUOTING)
    world.session.run(30)
    assert world.settings_sent == []
    assert world.guard.state == "off"


@pytest.mark.fault("F87")
@pytest.mark.parametrize("policy", ["require", "if_available"])
def test_renewals_that_are_lost_stop_the_placing_before_it_fires_and_pull_what_rests(policy: str) -> None:
    world = Switched(execution__dead_mans_switch=policy)
    world.until(Mode.QUOTING)
    session = world.session
    world.lose = is_switch
    for _ in range(300):
        session.run(0.1)
        left_s = (world.at_the_exchange - session.now_ms) / 1000.0
        if left_s < 5.0:
            break
        if left_s < 14.8:
            assert not [i for i in session.sends[-1:] if isinstance(i, PlaceOrders)]
    assert resting(session) == [], "nothing rests while the switch has less than five seconds left"
    assert session.view.mode is Mode.PAUSED
    assert "not renewed" in session.view.mode_reason
    world.lose = lambda intent: False
    session.run(12)
    assert session.view.mode is Mode.QUOTING
    session.act(Verb.PAUSE)
    session.run(3)
    assert_books_agree(session)


def test_one_lost_renewal_does_not_stop_the_quoting() -> None:
    world = Switched(execution__dead_mans_switch="require")
    world.until(Mode.QUOTING)
    session = world.session
    count = len(world.settings_sent)

    def lose_one(intent: Send) -> bool:
        return is_switch(intent) and len(world.settings_sent) == count + 1

    world.lose = lose_one
    for _ in range(300):
        session.run(0.1)
        assert session.view.mode is Mode.QUOTING
    assert len(world.settings_sent) > count + 2


def test_a_fire_while_alive_is_noticed_counted_kept_and_answered_by_setting_it_again() -> None:
    world = Switched()
    world.until(Mode.QUOTING)
    session = world.session
    session.run(1)
    assert resting(session)
    # Somebody else sets the same account's switch nearer.
    session.exchange._state.accounts[session.account].scheduled_cancel.at_ms = session.now_ms + 1_000
    session.run(1.5)
    assert any(alarm.id == "switch fired" and "1/10" in alarm.text for alarm in session.view.alarms)
    assert (session.days[-1].switch_fires, session.days[-1].switch_fired_ms // 10_000) == (1, session.now_ms // 10_000)
    session.run(3)
    assert world.guard.state == "armed"
    assert world.at_the_exchange is not None
    assert session.view.mode is Mode.QUOTING
    session.act(Verb.PAUSE)
    session.run(3)
    assert_books_agree(session)


@pytest.mark.fault("F89")
@pytest.mark.parametrize(("policy", "mode"), [("require", Mode.PAUSED), ("if_available", Mode.QUOTING)])
def test_ten_fires_spend_it_for_the_day_and_midnight_gives_it_back(policy: str, mode: Mode) -> None:
    noon_ms = START_MS // 86_400_000 * 86_400_000 + 86_400_000 - 300_000
    day = DayState(
        utc_day=noon_ms // 86_400_000,
        opening_equity=100_000_000_000,
        peak_pnl=0,
        pnl=0,
        switch_fires=9,
        switch_fired_ms=noon_ms - 60_000,
    )
    options = EngineOptions(run=1, day=day)
    world = Switched(start_ms=noon_ms, options=options, execution__dead_mans_switch=policy)
    world.until(Mode.QUOTING)
    session = world.session
    session.run(1)
    session.exchange._state.accounts[session.account].scheduled_cancel.at_ms = session.now_ms + 1_000
    session.run(6)
    assert session.days[-1].switch_fires == 10
    assert world.guard.state == "spent"
    assert session.view.mode is mode
    assert bool(resting(session)) is (mode is Mode.QUOTING)
    assert any("switch spent" in alarm.text for alarm in session.view.alarms)
    count = len(world.settings_sent)
    session.run(20)
    assert len(world.settings_sent) == count, "it is not asked for again before midnight"
    session.run(max(0.0, (noon_ms + 300_000 - session.now_ms) / 1000.0) + 5)
    assert world.guard.state == "armed"
    assert session.view.mode is Mode.QUOTING


def test_the_exchanges_own_word_that_it_is_spent_is_believed() -> None:
    world = Switched(execution__dead_mans_switch="require")
    world.lose = is_switch
    world.session.run(1)
    world.fail(world.settings_sent[-1], RefusalReason.SWITCH_SPENT)
    world.session.run(5)
    assert world.guard.state == "spent"
    assert "spent" in world.session.view.mode_reason
    assert len(world.settings_sent) == 1


def test_a_refusal_for_volume_is_believed_until_more_is_traded() -> None:
    world = Switched(volume_usd=1_000_001)
    world.lose = is_switch
    world.session.run(1)
    world.fail(world.settings_sent[-1], RefusalReason.SWITCH_VOLUME)
    world.session.run(5)
    assert world.guard.state == "not eligible"
    count = len(world.settings_sent)
    world.lose = lambda intent: False
    world.volume_usd = 1_500_000
    world.session.run(15)
    assert len(world.settings_sent) > count
    assert world.guard.state == "armed"


@pytest.mark.parametrize("verb", [Verb.STOP, Verb.KILL])
def test_a_verified_end_takes_it_off_and_only_then_is_over(verb: Verb) -> None:
    world = Switched()
    world.until(Mode.QUOTING)
    session = world.session
    session.run(1)
    session.act(verb)
    session.run(12)
    assert session.finish is not None
    assert not session.finish.unverified
    assert world.at_the_exchange is None
    assert world.settings_sent[-1].at_ms is None
    last_cancel = max(i for i, intent in enumerate(session.sends) if isinstance(intent, CancelOrders))
    assert session.sends.index(world.settings_sent[-1]) > last_cancel


def test_an_end_that_is_not_verified_leaves_it_set_and_says_when_it_fires() -> None:
    world = Switched()
    world.until(Mode.QUOTING)
    session = world.session
    session.run(1)
    world.lose = lambda intent: isinstance(intent, CancelOrders)
    session.act(Verb.STOP)
    session.run(12)
    assert session.finish.unverified
    assert session.finish.orders_left > 0
    assert all(intent.at_ms is not None for intent in world.settings_sent)
    alarm = next(alarm for alarm in session.view.alarms if alarm.id == "orders")
    assert "the exchange's switch fires in" in alarm.text
    session.exchange.advance(session.now_ms + 31_000)
    assert resting(session) == [], "what we could not cancel is gone within the horizon"


def test_a_stop_waits_three_seconds_at_most_for_a_switch_that_cannot_be_taken_off() -> None:
    world = Switched()
    world.until(Mode.QUOTING)
    session = world.session
    world.lose = is_switch
    session.act(Verb.STOP)
    began = session.now_ms
    session.run(12)
    assert session.finish is not None
    assert not session.finish.unverified
    assert session.now_ms - began < 6_000
    assert any(log.code == "SWITCH" for log in session.logs)


@pytest.mark.fault("F83")
def test_a_revoked_key_is_told_with_the_orders_that_rest_and_the_time_until_the_switch_fires() -> None:
    world = Switched()
    world.until(Mode.QUOTING)
    session = world.session
    session.run(2)
    count = len(resting(session))
    assert count

    def refuse(intent: Send) -> bool:
        world.fail(intent, RefusalReason.SIGNER_UNKNOWN, "User or API Wallet 0x1 does not exist.")
        return True

    world.lose = refuse
    for _ in range(300):
        session.run(0.1)
        if session.view.mode is Mode.KILLED:
            break
    session.run(1)
    text = next(alarm.text for alarm in session.view.alarms if alarm.id == "key")
    assert text.startswith(f"KEY REVOKED: {count} orders may rest")
    assert "the exchange's switch fires in" in text


def test_mainnet_without_guard_and_switch_quotes_nothing_until_a_guard_is_armed_and_pulls_when_it_is_lost() -> None:
    world = Switched(volume_usd=0.0, options=EngineOptions(run=1, must_be_guarded=True))
    session = world.session
    session.run(90)
    assert session.view.mode_reason == "neither the guard nor the exchange's switch is armed"
    assert resting(session) == []

    def tell(*, is_armed: bool) -> None:
        session.feed(GuardChanged(received_at=session.now_ms / 1000.0, name="guard", is_armed=is_armed, text=""))

    tell(is_armed=True)
    world.until(Mode.QUOTING)
    session.run(1)
    assert resting(session)
    tell(is_armed=False)
    session.run(1)
    assert session.view.mode is Mode.PAUSED
    assert resting(session) == []
    assert [guard.state for guard in session.view.guards] == ["not eligible", "lost"]
    assert any(alarm.id == "guard:guard" for alarm in session.view.alarms)


def test_with_the_switch_armed_a_lost_guard_does_not_stop_mainnet() -> None:
    world = Switched(options=EngineOptions(run=1, must_be_guarded=True))
    world.until(Mode.QUOTING)
    world.session.feed(
        GuardChanged(received_at=world.session.now_ms / 1000.0, name="guard", is_armed=False, text="died")
    )
    world.session.run(2)
    assert world.session.view.mode is Mode.QUOTING


@pytest.mark.fault("F33")
def test_expired_requests_slow_the_cadence_and_are_told() -> None:
    world = Switched(execution__dead_mans_switch="off")
    world.until(Mode.QUOTING)
    session = world.session
    intervals = []
    for refuses in (False, True):
        if refuses:
            for request_id in range(6):
                placed = PlaceOrders(request_id=10_000_000 + request_id, orders=(), expires_at_ms=0)
                world.fail(placed, RefusalReason.EXPIRED, "Action already expired")
        before = session.view.counters.quote_cycles
        session.run(30)
        intervals.append(session.view.counters.quote_cycles - before)
    assert any("expired 6" in alarm.text for alarm in session.view.alarms)
    assert intervals[1] < intervals[0] / 1.5
    session.run(60)
    assert not any("expired" in alarm.text for alarm in session.view.alarms)


@pytest.mark.fault("F34")
def test_a_client_order_id_that_the_exchange_has_seen_before_halts() -> None:
    world = Switched()
    world.until(Mode.QUOTING)
    session = world.session

    def refuse(intent: Send) -> bool:
        if not isinstance(intent, PlaceOrders):
            return False
        world.fail(intent, RefusalReason.DUPLICATE_CLOID, "Duplicate cloid")
        return True

    world.lose = refuse
    for _ in range(300):
        session.run(0.1)
        if session.latches:
            break
    assert session.latches[-1].reason == "duplicate client order id"


def test_reports_of_one_fire_count_once_however_late_they_come() -> None:
    world = Switched()
    world.until(Mode.QUOTING)
    session = world.session
    session.run(1)
    held: list[OrderReports] = []

    def hold(event: AnyEvent) -> bool:
        fired = isinstance(event, OrderReports) and any(r.status == "scheduledCancel" for r in event.reports)
        if fired:
            held.append(event)
        return fired

    world.swallow = hold
    session.exchange._state.accounts[session.account].scheduled_cancel.at_ms = session.now_ms + 1_000
    session.run(2)
    assert len(held) > 1
    world.swallow = lambda event: False
    for event in held:
        session.feed(event)
        session.run(2)
    assert session.days[-1].switch_fires == 1


def test_after_a_re_armed_kill_it_is_set_again_at_once_and_before_the_first_order() -> None:
    world = Switched(options=EngineOptions(run=1, finish_on_kill=False))
    world.until(Mode.QUOTING)
    session = world.session
    session.run(1)
    session.act(Verb.KILL)
    session.run(5)
    assert world.at_the_exchange is None
    count = len(session.sends)
    session.command(Rearm(id="again", by="op", reason="looked into"))
    session.act(Verb.RESUME)
    session.run(1)
    assert world.at_the_exchange is not None
    world.until(Mode.QUOTING, 10)
    session.run(1)
    kinds = [type(intent) for intent in session.sends[count:]]
    assert kinds.index(ScheduleCancel) < kinds.index(PlaceOrders)


@pytest.mark.parametrize(
    ("ahead_s", "mode", "why"),
    [(-2.5, Mode.WARMING, "no market data yet"), (0.0, Mode.QUOTING, ""), (8.0, Mode.PAUSED, "cannot be dated")],
)
def test_a_wrong_clock_is_named_as_what_keeps_the_switch_from_being_set(ahead_s, mode, why) -> None:
    switched = Switched()
    come = switched.session.on_event
    switched.session.on_event = lambda event: (
        None if (seen := come(event)) is None else msgspec.structs.replace(seen, received_at=seen.received_at + ahead_s)
    )
    switched.session.run(60)
    assert switched.session.view.mode is mode
    assert why in switched.session.view.mode_reason
    assert (resting(switched.session) != []) is (mode is Mode.QUOTING)


def test_pictures_too_late_to_decide_on_are_an_alarm_and_not_only_missing_quotes() -> None:
    switched = Switched()
    come = switched.session.on_event
    switched.session.on_event = lambda event: (
        None if (seen := come(event)) is None else msgspec.structs.replace(seen, received_at=seen.received_at + 3.5)
    )
    switched.session.run(60)
    assert resting(switched.session) == []
    assert any("is this clock ahead?" in alarm.text for alarm in switched.session.view.alarms)
