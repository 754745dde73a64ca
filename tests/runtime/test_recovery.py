"""A start after whatever happened before it: what is inherited, what is refused, and what a person must do."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from mmtui.cli import main
from mmtui.domain.intents import Latch, SaveDay
from mmtui.domain.parameters import Settings
from mmtui.domain.records import EquitySampled, ModeChanged, Record, RiskRecorded, SessionOpened
from mmtui.errors import DamagedJournalError, ExitCode, LatchedError
from mmtui.estimators.memory import PanelMemory
from mmtui.estimators.panel import EstimatorPanel
from mmtui.journal.port import SessionStart
from mmtui.journal.sqlite import SqliteJournal
from mmtui.runtime.estimator_keeper import EstimatorKeeper
from mmtui.runtime.recovery import Inheritance, inherit
from mmtui.runtime.state import MarketFiles
from mmtui.venues.exchange.listing import default_listing
from tests.unit.estimators.test_memory import learned

NOW = 1_760_000_000.0
DAY = int(NOW) // 86_400
MARKET = "testnet-BTC-3f2a91cd"
OPENED = SessionOpened(
    at=NOW - 60,
    coin="BTC",
    position=5,
    cash=-400,
    account_value=100,
    run=1,
    venue_time_ms=int(NOW * 1000) - 60_000,
    utc_day=DAY,
    opening_equity=100,
    size_decimals=5,
)
SAMPLE = EquitySampled(
    at=NOW - 50,
    position=5,
    cash=-400,
    mark=100,
    equity=93,
    total=-7,
    spread_capture=-7,
    adverse_selection=0,
    inventory=0,
    fees=0,
    funding=0,
    mid2=200,
    day_pnl=-7,
    peak_pnl=3,
)
KILL = RiskRecorded(at=NOW - 40, code="KILL", monitor="daily loss", value=0.0, limit=0.0, text="-501 USD")


@pytest.fixture
def files(tmp_path: Path) -> MarketFiles:
    return MarketFiles(tmp_path, MARKET)


def ran(files: MarketFiles, rows: Sequence[Record], *, started_at: float = NOW - 70, ended: bool = False) -> None:
    journal = SqliteJournal(files.journal, post=lambda call: None, on_error=pytest.fail)
    run_id = f"run-{started_at}"
    start = SessionStart(
        run_id=run_id, started_at=started_at, version="", network="testnet", account="", coin="BTC", settings={}
    )
    journal.begin_session(start)
    if rows:
        journal.append(rows)
    if ended:
        journal.end_session(started_at + 5, "stopped")
    journal.close()


def started(files: MarketFiles, *, now: float = NOW, size_decimals: int = 5, starts_max: int = 3) -> Inheritance:
    return inherit(files, now=now, size_decimals=size_decimals, starts_max=starts_max, panel_age_max_s=900.0)


def test_a_first_start_inherits_nothing(files: MarketFiles) -> None:
    assert started(files) == Inheritance()


def test_a_start_after_a_crash_inherits_position_day_and_a_line_that_says_so(files: MarketFiles) -> None:
    ran(files, [OPENED, SAMPLE])
    left = started(files)
    assert left.folded is not None
    assert left.folded.day is not None
    assert (left.folded.position, left.folded.cash, left.folded.verified_ms) == (5, -400, OPENED.venue_time_ms)
    assert (left.folded.day.pnl, left.folded.day.peak_pnl, left.day) == (-7, 3, None)
    assert [note.message for note in left.notes] == ["The previous run ended unexpectedly"]


def test_a_start_after_a_clean_end_has_nothing_to_say(files: MarketFiles) -> None:
    ran(files, [OPENED, SAMPLE], ended=True)
    assert started(files).notes == ()


@pytest.mark.incident("B20")
def test_the_journal_is_the_truth_of_the_day_and_the_file_stands_in_for_one_set_aside(files: MarketFiles) -> None:
    files.save_day(SaveDay(utc_day=DAY, opening_equity=100, peak_pnl=3, pnl=-6, relief=2))
    ran(files, [OPENED, SAMPLE], ended=True)
    left = started(files)
    assert left.day is None
    assert left.folded is not None
    assert files.set_aside_journal(NOW, reason="test", by="me") is not None
    left = started(files)
    assert left.folded is None
    assert left.day is not None
    assert (left.day.pnl, left.day.peak_pnl, left.day.relief) == (-6, 3, 2)


def test_a_damaged_day_file_does_not_matter_while_the_journal_has_the_day(files: MarketFiles) -> None:
    (files.folder / f"{MARKET}.day.json").write_text("{")
    ran(files, [OPENED, SAMPLE], ended=True)
    assert started(files).notes == ()
    assert files.set_aside_journal(NOW, reason="test", by="me") is not None
    assert [note.message for note in started(files).notes] == ["The day so far is not known"]


@pytest.mark.fault("F65")
def test_three_starts_in_five_minutes_without_an_end_latch_a_halt_until_it_is_cleared(files: MarketFiles) -> None:
    for before in (200, 130, 60):
        ran(files, [OPENED, SAMPLE] if before == 200 else [], started_at=NOW - before)
        if before > 60:
            started(files, now=NOW - before + 1)
    with pytest.raises(LatchedError, match=r"crash loop.*3 starts within 5 minutes.*resume --reason") as caught:
        started(files)
    assert caught.value.exit_code is ExitCode.KILLED
    latched = files.latched()
    assert latched is not None
    assert latched.position_base == SAMPLE.position / 10.0**OPENED.size_decimals != 0.0
    files.clear_latch(reason="found it", by="me", at=NOW)
    assert started(files, now=NOW + 1).folded is not None


@pytest.mark.parametrize(("ages", "ended"), [((400, 130, 60), False), ((200, 130, 60), True), ((130, 60), False)])
def test_few_old_or_clean_starts_are_no_crash_loop(files: MarketFiles, ages: tuple[int, ...], ended: bool) -> None:
    for before in ages:
        ran(files, [], started_at=NOW - before, ended=ended)
    started(files)
    assert files.latched() is None


def test_a_kill_whose_latch_was_never_written_holds_all_the_same(files: MarketFiles) -> None:
    ran(files, [OPENED, KILL], ended=True)
    with pytest.raises(LatchedError, match="daily loss"):
        started(files)
    record = files.latched()
    assert record is not None
    assert (record.reason, record.at, record.position_base) == ("daily loss", NOW - 40, 5e-5)
    files.clear_latch(reason="looked into it", by="me", at=NOW)
    assert started(files).folded is not None


def test_a_kill_that_was_cleared_stays_cleared(files: MarketFiles) -> None:
    ran(files, [OPENED, KILL], ended=True)
    files.latch(Latch(reason="daily loss", detail="", position_base=0.0, at=NOW - 40))
    files.clear_latch(reason="looked into it", by="me", at=NOW - 10)
    assert started(files).folded is not None


def test_a_kill_recorded_by_a_clock_a_minute_fast_stays_cleared(files: MarketFiles) -> None:
    ran(files, [OPENED, KILL], ended=True)
    with pytest.raises(LatchedError, match="daily loss"):
        started(files)
    files.clear_latch(reason="looked into it", by="me", at=NOW - 100)
    assert started(files).folded is not None


def test_a_kill_recorded_by_a_clock_a_minute_slow_is_not_taken_for_one_cleared_before_it(files: MarketFiles) -> None:
    files.latch(Latch(reason="operator", detail="", position_base=0.0, at=NOW - 100))
    files.clear_latch(reason="looked into it", by="me", at=NOW)
    ran(files, [OPENED, KILL], ended=True)
    with pytest.raises(LatchedError, match="daily loss"):
        started(files)


def test_numbers_of_another_instrument_or_of_long_ago_are_not_used(files: MarketFiles) -> None:
    ran(files, [OPENED], ended=True)
    changed = started(files, size_decimals=4)
    assert changed.folded is None
    assert "instrument has changed" in changed.notes[0].message
    late = started(files, now=NOW + 8 * 86_400)
    assert late.folded is None
    assert "too long ago" in late.notes[0].message


def damaged(files: MarketFiles) -> None:
    ran(files, [OPENED, *(ModeChanged(at=NOW, mode="QUOTING", reason=str(n)) for n in range(9))], ended=True)
    with sqlite3.connect(files.journal) as connection:
        connection.execute("UPDATE mode_changes SET reason = 'x' WHERE seq = 6")
    connection.close()


@pytest.mark.fault("F60")
def test_a_damaged_journal_is_refused_with_the_row_and_what_to_do(files: MarketFiles) -> None:
    damaged(files)
    with pytest.raises(DamagedJournalError, match=r"damaged at row 6; .*--rebuild"):
        started(files)


def test_a_file_that_is_no_database_is_refused_the_same_way(files: MarketFiles) -> None:
    files.journal.write_bytes(b"not a database, but long enough to be looked at" * 40)
    with pytest.raises(DamagedJournalError, match="--rebuild"):
        started(files)


def test_rebuilding_sets_the_journal_aside_deletes_nothing_and_lets_the_next_start_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mmtui"
    folder.mkdir(mode=0o700)
    files = MarketFiles(folder, MARKET)
    damaged(files)
    content = files.journal.read_bytes()
    arguments = ["--network", "testnet", "--asset", "BTC", "--reason", "a flipped bit"]
    assert main(["resume", *arguments, "--rebuild"]) == 0
    assert "set aside" in capsys.readouterr().out
    (aside,) = folder.glob("*.set-aside-*.sqlite")
    assert aside.read_bytes() == content
    assert not files.journal.exists()
    assert "a flipped bit" in (folder / f"{MARKET}.latches.jsonl").read_text()
    assert started(files).folded is None


def test_a_row_of_unclean_starts_does_not_count_after_a_rebuild(files: MarketFiles) -> None:
    for before in (200, 130, 60):
        ran(files, [], started_at=NOW - before)
    assert files.set_aside_journal(NOW, reason="test", by="me") is not None
    started(files, now=NOW + 1)
    assert files.latched() is None


def memory(at: float) -> PanelMemory:
    made = learned(20).memory()
    assert made is not None
    return msgspec.structs.replace(made, at=at)


@pytest.mark.parametrize(("age_s", "is_used"), [(0.0, True), (899.0, True), (901.0, False), (-5.0, False)])
def test_what_was_learned_is_used_while_it_is_fresh(files: MarketFiles, age_s: float, is_used: bool) -> None:
    files.save_estimators(memory(NOW - age_s))
    assert (started(files).panel is not None) is is_used


@pytest.mark.parametrize("content", [b"", b"{", b'{"at": 1e999}', b"\xff" * 100, b'{"version": 99}'])
def test_estimators_that_cannot_be_read_are_learned_anew(files: MarketFiles, content: bytes) -> None:
    (files.folder / f"{MARKET}.estimators.json").write_bytes(content)
    assert started(files).panel is None


async def test_the_keeper_saves_what_the_panel_knows_and_tells_of_a_full_disk_once(files: MarketFiles) -> None:
    told: list[str] = []
    keeper = EstimatorKeeper(learned(5), files, told.append)
    await keeper.save()
    assert files.estimators() is not None
    gone = EstimatorKeeper(learned(5), MarketFiles(files.folder / "gone", MARKET), told.append)
    await gone.save()
    await gone.save()
    assert len(told) == 1


async def test_a_panel_that_saw_nothing_leaves_the_earlier_one_alone(files: MarketFiles) -> None:
    files.save_estimators(memory(NOW))
    instrument = default_listing().instrument("BTC")
    assert instrument is not None
    await EstimatorKeeper(EstimatorPanel(Settings.defaults(), instrument), files, pytest.fail).save()
    kept = files.estimators()
    assert kept is not None
    assert kept.at == NOW
