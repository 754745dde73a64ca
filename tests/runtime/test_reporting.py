"""What is told of a session and of one order: the same figures as the journal's, to the micro-USD."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.consultations import OrderTold, Reported, TellOrder, Unable, WriteReport
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.domain.records import (
    CancelIntended,
    EquitySampled,
    FillBooked,
    FundingBooked,
    ModeChanged,
    OrderChanged,
    OrderIntended,
    ParametersChanged,
    Record,
    RiskRecorded,
)
from mmtui.journal.port import Session, SessionStart
from mmtui.journal.sqlite import SqliteJournal
from mmtui.runtime.consulting.report_rows import Causes, Kept, hours, inventory, time_in_modes
from mmtui.runtime.consulting.report_sections import money
from mmtui.runtime.consulting.reporting import Subject, reporting
from mmtui.runtime.consulting.telling import telling
from mmtui.runtime.queue_notes import QueueNote, QueueNotes
from tests.console.pictures import a_view, some_orders

BEGAN = 1_795_176_000.0
BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
START = SessionStart(
    run_id="run-1", started_at=BEGAN, version="0.1.0", network="sim", account="0xabc", coin="BTC", settings={}
)
CLOID = "0x" + "6d" * 16


def a_sample(at: float, *, spread: int = 0, inventory: int = 0, fees: int = 0, position: int = 0) -> EquitySampled:
    return EquitySampled(
        at=BEGAN + at, position=position, cash=0, mark=642_490, equity=0, total=spread + inventory + fees,
        spread_capture=spread, adverse_selection=0, inventory=inventory, fees=fees, funding=0, mid2=1_284_980,
    )  # fmt: skip


def a_fill(at: float, side: Side, size: int, *, position: int, fee: int = 7, tid: int = 1, **more: bool) -> FillBooked:
    return FillBooked(
        at=BEGAN + at, coin="BTC", venue_time_ms=int(at * 1e3), tid=tid, oid=7, cloid=CLOID, side=side, price=642_480,
        size=size, fee=fee, is_taker=False, is_foreign=more.get("is_foreign", False), mid2=1_284_980, realised=0,
        position=position, cash=0, is_recovered=more.get("is_recovered", False),
    )  # fmt: skip


def changed(at: float, state: str, reason: str = "", cloid: str = CLOID) -> OrderChanged:
    return OrderChanged(
        at=BEGAN + at, cloid=cloid, oid=7, state=state, filled=0, venue_filled=None, reason=reason
    )  # fmt: skip


def an_intent(at: float) -> OrderIntended:
    terms = OrderTerms(
        cloid=CLOID, side=Side.BUY, price=642_480, size=5_000, tif=TimeInForce.ALO, purpose=Purpose.QUOTE,
        reduce_only=False, level=1, created_at=BEGAN + at - 0.002, expires_at_ms=0,
    )  # fmt: skip
    return OrderIntended(at=BEGAN + at, request_id=1, terms=terms)


ROWS: tuple[Record, ...] = (
    ModeChanged(at=BEGAN + 10, mode="WARMING", reason=""),
    ModeChanged(at=BEGAN + 40, mode="QUOTING", reason=""),
    an_intent(50.0),
    changed(50.07, "Resting"),
    a_fill(60.0, Side.BUY, 2_000, position=2_000, fee=19),
    changed(60.0, "PartialFilled"),
    CancelIntended(at=BEGAN + 70, request_id=2, cloid=CLOID),
    changed(70.08, "Cancelled", "canceled"),
    a_sample(300, spread=1_000_001, inventory=-400, fees=-19, position=2_000),
    a_fill(3_700.0, Side.SELL, 3_000, position=-1_000, fee=28, tid=2),
    a_fill(3_701.0, Side.SELL, 9_000, position=-1_000, fee=90, tid=3, is_foreign=True),
    a_fill(3_702.0, Side.SELL, 9_000, position=-1_000, fee=90, tid=4, is_recovered=True),
    FundingBooked(at=BEGAN + 3_800, coin="BTC", venue_time_ms=1, amount=-5, rate=1e-5, position=-1_000, cash=0),
    changed(3_900, "Rejected", "badAloPxRejected", "0x" + "aa" * 16),
    RiskRecorded(at=BEGAN + 3_950, code="WIDENED", monitor="toxicity", value=0.6, limit=0.5, text="toxic | flow"),
    ParametersChanged(at=BEGAN + 3_960, version=2, by="op", before={"trading.levels": 2}, after={"trading.levels": 3}),
    a_sample(4_000, spread=2_500_003, inventory=100, fees=-47, position=-1_000),
)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "j.sqlite"
    calls: list[Callable[[], None]] = []
    kept = SqliteJournal(path, post=calls.append, on_error=pytest.fail)
    kept.begin_session(START)
    kept.append(ROWS)
    kept.end_session(BEGAN + 4_100, "stopped")
    kept.close()
    return path


def a_report(journal: Path, tmp_path: Path, *, to_files: bool = False, run_id: str = "run-1") -> Reported | Unable:
    subject = Subject(journal, run_id, BTC, tmp_path, "sim-BTC-local", a_view, lambda: BEGAN + 4_100)
    found = asyncio.run(reporting(subject)(WriteReport(id="1", to_files=to_files), lambda _: None))
    assert isinstance(found, Reported | Unable)
    return found


def rows_of(report: Reported | Unable, title: str) -> dict[str, tuple[str, ...]]:
    assert isinstance(report, Reported)
    section = next(one for one in report.sections if one.title == title)
    return {row[0]: row[1:] for row in section.rows}


def test_the_money_of_a_report_is_the_journals(journal: Path, tmp_path: Path) -> None:
    causes = rows_of(a_report(journal, tmp_path), "P&L by cause")
    assert causes["total"][0] == "+2.500056"
    assert causes["edge at fills"][0] == "+2.500003"
    assert causes["inventory"][0] == "+0.000100"
    assert causes["fees"][0] == causes["fees of the fills booked"][0] == "-0.000047"
    assert causes["funding booked"][0] == "-0.000005"


def test_the_hours_sum_to_the_session_and_foreign_fills_are_in_none(journal: Path, tmp_path: Path) -> None:
    found = rows_of(a_report(journal, tmp_path), "P&L by hour")
    assert found["all"][0] == "+2.500056"
    assert found["2026-11-20 12:00"][0] == "+0.999582"
    assert found["2026-11-20 13:00"][0] == "+1.500474"
    assert found["all"][6] == "2"
    assert found["all"][7] == "3212.400000"


def test_trading_orders_and_time_are_counted(journal: Path, tmp_path: Path) -> None:
    report = a_report(journal, tmp_path)
    assert rows_of(report, "Trading")["bought"] == ("1", "0.02000", "64248.0", "1284.960000", "100.0%")
    assert rows_of(report, "Orders")["refused: badAloPxRejected"] == ("1", "50.0%")
    assert rows_of(report, "Time")["QUOTING"] == ("1:07:40", "99.0%")
    assert rows_of(report, "Inventory")["highest"] == ("0.02000",)
    assert rows_of(report, "Inventory")["lowest"] == ("-0.01000",)
    assert rows_of(report, "Parameter versions")["v2"][2] == "trading.levels 2 to 3"
    assert rows_of(report, "Markouts")["BUY"]


def test_a_report_is_written_three_times_with_the_same_cells(journal: Path, tmp_path: Path) -> None:
    report = a_report(journal, tmp_path, to_files=True)
    assert isinstance(report, Reported)
    text, markdown, as_json = (Path(path) for path in report.paths)
    tables = {section["title"]: section["rows"] for section in json.loads(as_json.read_text())["sections"]}
    assert tables["P&L by cause"][0][1] == "+2.500056"
    assert "+2.500056" in text.read_text()
    assert "toxic \\| flow" in markdown.read_text()
    assert {path.stat().st_mode & 0o777 for path in (text, markdown, as_json)} == {0o600}


def test_a_session_that_the_journal_does_not_have_is_said_to_be_missing(journal: Path, tmp_path: Path) -> None:
    found = a_report(journal, tmp_path, run_id="run-2")
    assert isinstance(found, Unable)


def test_the_life_of_an_order_is_told_with_the_time_each_answer_took(journal: Path) -> None:
    note = QueueNote(BEGAN + 55, 1.25, 0.4)
    found = asyncio.run(
        telling(journal, BTC, lambda _: (note,), lambda: BEGAN)(TellOrder(id="1", cloid=CLOID), lambda _: None)
    )
    assert isinstance(found, OrderTold)
    assert [(line.what, line.detail) for line in found.lines[:4]] == [
        ("BUY sent", "0.05 at 64248, Alo, level 1, decided 2.0 ms before"),
        ("rests in the book", "70.0 ms after it was sent, oid 7"),
        ("seen in its queue", "1.25000 ahead, chance to fill 40%"),
        ("fill", "0.02 of 0.05 at 64248, maker, edge +0.16 bp, fee 0.0000 USD, then position +0.02"),
    ]
    assert ("cancelled", "80.0 ms after the cancel, canceled, lived 20.1 s") in [
        (line.what, line.detail) for line in found.lines
    ]


def test_an_order_nobody_knows_is_not_told_of(journal: Path) -> None:
    found = asyncio.run(
        telling(journal, BTC, lambda _: (), lambda: BEGAN)(TellOrder(id="1", cloid="0xff"), lambda _: None)
    )
    assert isinstance(found, Unable)


def test_a_queue_is_noted_when_a_quarter_of_it_is_gone() -> None:
    notes, (row, *_) = QueueNotes(), some_orders()
    for at, ahead in ((1.0, 10.0), (2.0, 8.0), (3.0, 7.4), (4.0, 7.3), (5.0, 0.0), (6.0, 0.0)):
        notes.look(at, (type(row)(**{**_fields(row), "ahead": ahead}),))
    assert [(note.at, note.ahead) for note in notes.of(row.cloid)] == [(1.0, 10.0), (3.0, 7.4), (5.0, 0.0)]


def _fields(row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__struct_fields__}  # type: ignore[attr-defined]


Step = tuple[float, int, int, int]


@given(st.lists(st.tuples(st.floats(0, 20_000), *(st.integers(-(10**9), 10**9) for _ in range(3))), max_size=30))
def test_hours_always_sum_to_the_last_sample(steps: list[Step]) -> None:
    samples = [a_sample(at, spread=a, inventory=b, fees=c) for at, a, b, c in sorted(steps)]
    kept = Kept(Session(start=START, ended_at=None, exit_reason=""), tuple(samples), (), (), (), (), (), (), ())
    whole = [sum(part) for part in zip(*(hour.causes for hour in hours(kept)), strict=True)]
    last = samples[-1] if samples else None
    assert (whole or [0] * 6)[:3] == ([last.total, last.spread_capture, 0] if last else [0, 0, 0])


def test_inventory_is_weighted_by_the_time_it_was_held() -> None:
    fills = (a_fill(0, Side.BUY, 100, position=100), a_fill(30, Side.SELL, 200, position=-100))
    kept = Kept(Session(start=START, ended_at=None, exit_reason=""), (), fills, (), (), (), (), (), ())
    found = inventory(kept, BEGAN + 40)
    assert found is not None
    assert (found.low, found.high, found.last) == (-100, 100, -100)
    assert found.mean == pytest.approx((30 * 100 - 10 * 100) / 40)
    assert found.deviation == pytest.approx(((30 * 50**2 + 10 * 150**2) / 40) ** 0.5)


def test_the_inventory_of_a_session_without_a_second_is_what_it_held() -> None:
    fills = (a_fill(0, Side.BUY, 100, position=100),)
    kept = Kept(Session(start=START, ended_at=None, exit_reason=""), (), fills, (), (), (), (), (), ())
    found = inventory(kept, BEGAN)
    assert found is not None
    assert (found.mean, found.deviation, found.last) == (100.0, 0.0, 100)


def test_an_hour_ends_with_the_position_of_its_last_sample_else_of_its_last_fill() -> None:
    samples = (a_sample(20, position=50),)
    fills = (a_fill(10, Side.BUY, 70, position=70), a_fill(3_700, Side.BUY, 30, position=80))
    kept = Kept(Session(start=START, ended_at=None, exit_reason=""), samples, fills, (), (), (), (), (), ())
    assert [hour.position for hour in hours(kept)] == [50, 80]


def test_modes_fill_the_whole_time() -> None:
    modes = (ModeChanged(at=BEGAN + 5, mode="QUOTING", reason=""), ModeChanged(at=BEGAN + 9, mode="PAUSED", reason=""))
    assert time_in_modes(modes, BEGAN, BEGAN + 20) == {"PAUSED": 11.0, "BOOTING": 5.0, "QUOTING": 4.0}


def test_money_is_printed_whole() -> None:
    assert [money(amount) for amount in (0, 1, -1, 1_000_000, -1_234_567_891)] == [
        "+0.000000", "+0.000001", "-0.000001", "+1.000000", "-1234.567891",
    ]  # fmt: skip
    assert Causes(3, 2, 1, 0, 0, 0).since(Causes(1, 1, 1, 1, 0, 0)) == Causes(2, 1, 0, -1, 0, 0)
