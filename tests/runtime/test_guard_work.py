"""When the guard acts and when it stops, on a clock of the test's own."""

from collections.abc import Callable, Sequence

import pytest

from mmtui.runtime.guard.messages import Alive, Beat, Charge, FromGuard, Goodbye, Ready, ToGuard, Troubled, Worked
from mmtui.runtime.guard.work import (
    EXPIRY_SLACK_S,
    REPORT_AFTER_S,
    SILENT_MAX_S,
    Guard,
    Report,
    Resting,
    TroubleError,
)

CHARGE = Charge(
    key=b"k" * 32,
    network="localhost",
    local_url="http://127.0.0.1:1",
    account="0x" + "ab" * 20,
    vault=None,
    coin="BTC",
    dex="",
    asset_id=0,
    nonce_file="nonces",
    report_file="report",
    run_id="r1",
)
BEAT = Beat(0)
GOODBYE = Goodbye()
CLOSED = "closed"


class World:
    """A clock, an engine that follows a script, and an exchange with orders."""

    def __init__(self, script: dict[float, ToGuard | str], *, beats: tuple[float, float] = (0.0, 0.0)) -> None:
        self.now = 1_000.0
        self.began = self.now
        start, end = beats
        ticks: dict[float, ToGuard | str] = {start + 0.5 * n: BEAT for n in range(int((end - start) / 0.5))}
        self.script = sorted((ticks | script).items())
        self.resting: list[Resting] = []
        self.arrivals: dict[float, Resting] = {}
        self.looks: list[float] = []
        self.cancels: list[tuple[float, list[int]]] = []
        self.trouble: Callable[[float], bool] = lambda _: False
        self.ignores_cancels = False
        self.said: list[FromGuard] = []
        self.reports: list[Report] = []
        self.asleep: tuple[float, float] | None = None
        self.replaced: Callable[[float], bool] = lambda _: False

    @property
    def elapsed(self) -> float:
        return self.now - self.began

    def rest(self, *oids: int) -> None:
        self.resting += [Resting(oid, f"0x{oid}") for oid in oids]

    def own_orders(self) -> Sequence[Resting]:
        self.now += 0.01
        self.looks.append(self.elapsed)
        if self.trouble(self.elapsed):
            raise TroubleError("no answer")
        for at in [at for at in self.arrivals if at <= self.elapsed]:
            self.resting.append(self.arrivals.pop(at))
        return list(self.resting)

    def cancel(self, orders: Sequence[Resting]) -> str:
        self.now += 0.01
        self.cancels.append((self.elapsed, [order.oid for order in orders]))
        if not self.ignores_cancels:
            self.resting = [order for order in self.resting if order not in orders]
        return "will not go" if self.ignores_cancels else ""

    def wait(self, seconds: float) -> list[ToGuard] | None:
        if self.asleep is not None and self.asleep[0] <= self.elapsed:
            self.now += self.asleep[1]
            self.asleep = None
            return []
        due = [at for at, _ in self.script if at <= self.elapsed + seconds]
        if not due:
            self.now += seconds
            return []
        at, what = self.script[0]
        if what == CLOSED:
            self.now = max(self.now, self.began + at) if at > self.elapsed else self.now + seconds
            return None
        self.now = max(self.now, self.began + at)
        self.script.pop(0)
        assert not isinstance(what, str)
        return [what]

    def guard(self) -> None:
        Guard(
            CHARGE,
            self,
            self,
            clock=lambda: self.now,
            say=self.said.append,
            keep=self.reports.append,
            is_replaced=lambda: self.replaced(self.elapsed),
        ).run()

    @property
    def worked(self) -> list[Worked]:
        return [message for message in self.said if isinstance(message, Worked)]


def test_a_beating_engine_is_left_alone_and_a_goodbye_ends_the_guard_without_a_word() -> None:
    world = World({30.2: GOODBYE}, beats=(0.0, 30.0))
    world.rest(1, 2)
    world.guard()
    assert world.elapsed == pytest.approx(30.2)
    assert (world.cancels, world.reports) == ([], [])
    assert [type(message) for message in world.said] == [Ready] + [Alive] * 60


def test_a_closed_pipe_is_acted_on_at_once_and_watched_until_nothing_can_arrive() -> None:
    world = World({5.2: CLOSED}, beats=(0.0, 5.0))
    world.rest(1, 2, 3)
    world.guard()
    (at, oids), *_ = world.cancels
    assert oids == [1, 2, 3]
    assert at == pytest.approx(5.2, abs=0.1)
    assert world.looks[-1] >= 5.2 + CHARGE.expiry_s + EXPIRY_SLACK_S
    assert world.elapsed < 5.2 + CHARGE.expiry_s + EXPIRY_SLACK_S + 3.0
    (report,) = world.reports
    assert (report.cancelled, report.left, report.verified, report.run) == (3, 0, True, "r1")


@pytest.mark.fault("F63")
def test_an_order_that_arrives_after_the_engine_died_is_cancelled_too() -> None:
    world = World({5.2: CLOSED}, beats=(0.0, 5.0))
    world.rest(1)
    world.arrivals[13.0] = Resting(9, "0x9")
    world.guard()
    assert [oids for _, oids in world.cancels] == [[1], [9]]
    assert world.resting == []
    assert world.reports[0].cancelled == 2


@pytest.mark.fault("F70")
def test_silence_is_acted_on_after_ten_seconds_and_not_before() -> None:
    world = World({60.0: CLOSED}, beats=(0.0, 5.0))
    world.rest(1)
    world.guard()
    assert world.cancels[0][0] == pytest.approx(4.5 + 10.0, abs=1.1)
    assert world.cancels[0][0] >= 4.5 + 10.0
    assert world.worked[0].why.startswith("engine silent for 10")
    assert len(world.cancels) == 1


def test_an_engine_that_comes_back_gets_its_orders_back_and_is_guarded_again() -> None:
    world = World({19.0: BEAT, 19.5: BEAT, 20.0: BEAT, 50.0: GOODBYE}, beats=(0.0, 4.0))
    world.rest(1)
    world.ignores_cancels = True
    world.guard()
    during = [at for at, _ in world.cancels if at < 19.0]
    again = [at for at, _ in world.cancels if 19.0 <= at < 30.0]
    assert during
    assert again == []
    assert [at for at, _ in world.cancels if at >= 30.0]
    assert len(world.worked) == 2
    assert not world.worked[0].verified


def test_one_silence_is_acted_on_once_while_nothing_changes() -> None:
    world = World({200.0: GOODBYE}, beats=(0.0, 1.0))
    world.guard()
    assert len(world.worked) == 1
    assert world.looks[-1] < 60.0


def test_a_closing_during_the_work_does_not_start_it_anew() -> None:
    world = World({12.0: CLOSED}, beats=(0.0, 1.0))
    world.rest(1)
    world.guard()
    assert len(world.reports) == 1
    assert world.looks[-1] >= 12.0 + CHARGE.expiry_s + EXPIRY_SLACK_S


def test_an_exchange_that_does_not_answer_is_asked_ever_more_slowly_and_given_up_in_the_end() -> None:
    world = World({1.2: CLOSED}, beats=(0.0, 1.0))
    world.rest(1)
    world.trouble = lambda _: True
    world.guard()
    gaps = [round(after - before, 6) for before, after in zip(world.looks[2:], world.looks[3:], strict=False)]
    assert len(gaps) > 20
    assert gaps == sorted(gaps)
    assert max(gaps) < 11.0
    assert CHARGE.give_up_s <= world.elapsed < CHARGE.give_up_s + 30.0
    assert [report.verified for report in world.reports] == [False, False]
    assert world.reports[0].took_s < REPORT_AFTER_S + 30.0
    assert world.reports[0].errors == ("no answer",)


def test_an_exchange_that_was_away_for_longer_than_any_outage_yet_still_loses_its_orders() -> None:
    world = World({1.2: CLOSED}, beats=(0.0, 1.0))
    world.rest(1, 2)
    world.trouble = lambda elapsed: 1.0 < elapsed < 4 * 3_600.0
    world.guard()
    assert world.resting == []
    assert world.reports[-1].verified is True
    assert world.elapsed < 4 * 3_600.0 + 60.0


def test_trouble_while_it_works_is_got_over() -> None:
    world = World({1.2: CLOSED}, beats=(0.0, 1.0))
    world.rest(1, 2)
    world.trouble = lambda elapsed: 1.0 < elapsed < 40.0
    world.guard()
    assert world.resting == []
    assert world.reports[0].verified is True
    assert world.reports[0].cancelled == 2


def test_orders_that_will_not_go_are_reported_as_left() -> None:
    world = World({1.2: CLOSED}, beats=(0.0, 1.0))
    world.rest(1, 2)
    world.ignores_cancels = True
    world.guard()
    assert (world.reports[0].cancelled, world.reports[0].left, world.reports[0].verified) == (0, 2, False)
    assert world.reports[0].errors == ("will not go",)
    assert sum(at < REPORT_AFTER_S for at in world.looks) < 30
    assert len(world.looks) < CHARGE.give_up_s / 50.0


def test_orders_of_an_engine_that_took_over_are_left_to_it() -> None:
    world = World({1.2: CLOSED}, beats=(0.0, 1.0))
    world.rest(1, 2)
    world.replaced = lambda elapsed: elapsed >= 3.0
    world.arrivals[3.0] = Resting(7, "0x7")
    world.guard()
    assert [oids for _, oids in world.cancels] == [[1, 2]]
    assert world.looks[-1] < 3.0
    assert world.elapsed < 16.0
    assert world.reports[0].handed_over is True


def test_a_successor_that_does_not_stay_leaves_the_work_to_the_guard() -> None:
    world = World({1.2: CLOSED}, beats=(0.0, 1.0))
    world.rest(1)
    world.replaced = lambda elapsed: elapsed < 6.0
    world.guard()
    assert [oids for _, oids in world.cancels] == [[1]]
    assert world.cancels[0][0] == pytest.approx(6.0, abs=1.1)
    assert (world.reports[0].handed_over, world.reports[0].verified) == (False, True)


def test_the_lock_of_a_hanging_engine_is_no_successor() -> None:
    world = World({40.0: CLOSED}, beats=(0.0, 1.0))
    world.rest(1)
    world.replaced = lambda elapsed: elapsed < 40.0
    world.guard()
    assert world.cancels[0][0] < 12.5


def test_a_guard_is_ready_only_once_the_exchange_has_answered_it() -> None:
    world = World({10.0: GOODBYE}, beats=(0.0, 9.0))
    world.trouble = lambda elapsed: elapsed < 3.0
    world.guard()
    kinds = [type(message) for message in world.said if not isinstance(message, Alive)]
    assert kinds[0] is Troubled
    assert kinds[-1] is Ready
    assert kinds.count(Ready) == 1
    assert len(world.looks) <= 4


def test_after_the_machine_slept_the_engine_has_a_moment_to_beat() -> None:
    world = World({70.0: BEAT, 70.5: BEAT, 71.0: GOODBYE}, beats=(0.0, 5.0))
    world.rest(1)
    world.asleep = (4.9, 64.0)
    world.guard()
    assert world.cancels == []


def test_a_guard_of_an_engine_that_stays_silent_ends_by_itself() -> None:
    world = World({}, beats=(0.0, 1.0))
    world.guard()
    assert world.elapsed == pytest.approx(SILENT_MAX_S, abs=5.0)
    assert len(world.reports) == 1


def test_a_charge_never_shows_its_key() -> None:
    assert "kkkk" not in repr(CHARGE)
    assert "kkkk" not in str([CHARGE])
    assert CHARGE.__rich_repr__() == []
