"""Fill consumers: every fill in order, on a thread of their own, and nothing they do reaches trading."""

import importlib.metadata
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from mmtui.cli import main
from mmtui.domain.instrument import Side
from mmtui.domain.intents import LogLevel
from mmtui.domain.records import FillBooked
from mmtui.errors import ConfigError
from mmtui.runtime import fills
from mmtui.runtime.fills import FillFeed, FillView, load_consumers, shown
from mmtui.venues.exchange.listing import default_listing

BTC = default_listing().instrument("BTC")
assert BTC is not None


class Keeper:
    """An installed consumer that keeps what it gets."""

    made: ClassVar[list["Keeper"]] = []

    def __init__(self) -> None:
        self.fills: list[FillView] = []
        self.threads: set[str] = set()
        Keeper.made.append(self)

    def on_fill(self, fill: FillView) -> None:
        self.threads.add(threading.current_thread().name)
        self.fills.append(fill)


class Failing(Keeper):
    """A consumer with a defect."""

    def on_fill(self, fill: FillView) -> None:
        super().on_fill(fill)
        raise ZeroDivisionError("of mine")


class Stuck:
    """A consumer that never comes back until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.entered = threading.Event()

    def on_fill(self, fill: FillView) -> None:
        self.entered.set()
        self.go.wait(30)


class Mute:
    """Something that is no consumer."""


def broken() -> Keeper:
    raise OSError("no disk")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    Keeper.made.clear()
    targets = {"keep": "Keeper", "fail": "Failing", "mute": "Mute", "broken": "broken", "gone": "Absent"}
    points = [
        importlib.metadata.EntryPoint(name=name, value=f"{__name__}:{target}", group="mmtui.fills")
        for name, target in targets.items()
    ]
    real = importlib.metadata.EntryPoint.load
    mine = {name: globals().get(target) for name, target in targets.items()}

    def load(point: importlib.metadata.EntryPoint) -> object:
        if point.group != "mmtui.fills":
            return real(point)
        if mine[point.name] is None:
            raise AttributeError(point.value)
        return mine[point.name]

    monkeypatch.setattr(importlib.metadata.EntryPoint, "load", load)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points if group == "mmtui.fills" else [])


def row(tid: int, **changes: object) -> FillBooked:
    fields: dict[str, object] = {
        "at": 10.5, "coin": "BTC", "venue_time_ms": 10_400, "tid": tid, "oid": 7, "cloid": "0xab", "side": Side.SELL,
        "price": BTC.price_units(100_000.5), "size": BTC.size_units(0.025), "fee": -1_500, "is_taker": False,
        "is_foreign": False, "mid2": 2 * BTC.price_units(100_000.0), "realised": 2_000_000,
        "position": -BTC.size_units(0.025), "cash": 0,
    }  # fmt: skip
    return FillBooked(**{**fields, **changes})  # type: ignore[arg-type]


class Said:
    """What the feed reports."""

    def __init__(self) -> None:
        self.lines: list[tuple[LogLevel, str]] = []

    def __call__(self, level: LogLevel, text: str) -> None:
        self.lines.append((level, text))


def feed_of(*consumers: object, said: Said | None = None) -> FillFeed:
    named = [(f"c{i}", consumer) for i, consumer in enumerate(consumers)]
    return FillFeed(named, BTC, clock=lambda: 99.0, report=said or Said())  # type: ignore[arg-type]


def test_a_consumer_gets_every_fill_in_order_in_the_units_of_people_off_the_callers_thread() -> None:
    keeper = Keeper()
    feed = feed_of(keeper)
    for tid in range(50):
        feed.take(row(tid))
    feed.close()
    assert [fill.tid for fill in keeper.fills] == list(range(50))
    assert keeper.threads == {"fills-c0"}
    assert keeper.fills[0] == FillView(
        coin="BTC", at=10.5, venue_time_ms=10_400, tid=0, oid=7, cloid="0xab", side="SELL", price=100_000.5, size=0.025,
        fee_usd=-0.0015, realised_usd=2.0, is_taker=False, is_foreign=False, is_recovered=False, position=-0.025,
        mid=100_000.0,
    )  # fmt: skip
    assert feed.alarms() == ()
    assert shown(row(1, mid2=0), BTC).mid is None


def test_a_consumer_that_raises_gets_no_more_fills_and_the_others_go_on() -> None:
    failing, keeper, said = Failing(), Keeper(), Said()
    feed = feed_of(failing, keeper, said=said)
    feed.take(row(1))
    feed._hands[0].join()
    feed.take(row(2))
    feed.close()
    assert [fill.tid for fill in failing.fills] == [1]
    assert [fill.tid for fill in keeper.fills] == [1, 2]
    (alarm,) = feed.alarms()
    assert (alarm.id, alarm.since) == ("fills:c0", 99.0)
    assert "ZeroDivisionError: of mine" in alarm.text
    assert [level for level, _ in said.lines] == [LogLevel.ERROR]


def test_a_consumer_that_hangs_loses_fills_that_are_counted_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fills, "CLOSE_WITHIN_S", 0.01)
    stuck, keeper, said = Stuck(), Keeper(), Said()
    feed = feed_of(stuck, keeper, said=said)
    feed.take(row(0))
    assert stuck.entered.wait(10)
    for tid in range(1, fills.PENDING_MAX + 8):
        feed.take(row(tid))
        while feed._hands[1]._waiting.qsize() > 500:
            threading.Event().wait(0.001)
    (alarm,) = feed.alarms()
    assert "7 fills dropped" in alarm.text
    assert len(said.lines) == 1, "said once, counted always"
    feed.close()
    assert len(keeper.fills) == fills.PENDING_MAX + 8
    stuck.go.set()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("nobody", "installed in group mmtui.fills: keep, fail"),
        ("keep, nobody", "no fill consumer is called 'nobody'"),
        ("mute", "has no on_fill"),
        ("broken", "OSError: no disk"),
        ("gone", "AttributeError"),
    ],
)
def test_a_consumer_that_cannot_be_made_is_a_configuration_error(names: str, expected: str) -> None:
    with pytest.raises(ConfigError, match="fill consumer") as caught:
        load_consumers(names)
    assert expected in str(caught.value)


def test_names_are_taken_once_each_and_none_means_none() -> None:
    assert load_consumers("") == []
    assert [name for name, _ in load_consumers(" keep ,fail,keep,")] == ["keep", "fail"]


def test_a_run_tells_an_installed_consumer_of_every_fill_and_survives_one_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    words = ["demo", "--no-ui", "--speed", "8", "--seed", "4", "--duration", "12", "--metrics-port", "0"]
    words += ["--set", "monitoring.fill_consumers=fail,keep", "--json-summary", "end.json"]
    assert main(words) == 0
    end = json.loads((tmp_path / "end.json").read_text())
    failing, keeper = Keeper.made
    assert end["fills"] == len(keeper.fills) > 0
    assert keeper.fills[-1].position == pytest.approx(end["position"])
    assert len(failing.fills) == 1


def test_a_run_with_an_unknown_consumer_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--no-ui", "--duration", "1", "--set", "monitoring.fill_consumers=nobody"]) == 2
    assert "no fill consumer is called 'nobody'" in capsys.readouterr().err
