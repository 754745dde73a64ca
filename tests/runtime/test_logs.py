"""The log: the documents' words and keys, every format, no secrets, nothing on the console's terminal."""

import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.intents import Log, LogLevel
from mmtui.domain.parameters import Settings
from mmtui.errors import ConfigError
from mmtui.runtime.logs import files
from mmtui.runtime.logs.files import auto_name
from mmtui.runtime.logs.lines import Line, as_compact, as_json, as_pretty, level_filter, printable, takes_colour
from mmtui.runtime.logs.pipeline import Logs
from mmtui.runtime.redaction import HIDDEN, Redactor

AT = 1_767_312_000.123456
CANARY = bytes(range(100, 132))
FILL = Log(
    level=LogLevel.INFO,
    message="Fill processed",
    fields={"side": "BUY", "size": 0.1, "position": -2, "is_taker": False},
)


@pytest.fixture(autouse=True)
def _root_as_before() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


def opened(
    folder: Path, *, screen: io.StringIO | None = None, redactor: Redactor | None = None, **values: object
) -> Logs:
    changes = {"logging.file": str(folder / "mm.log"), "logging.dir": str(folder / "logs")}
    changes |= {f"logging.{name}": value for name, value in values.items()}
    settings = Settings.defaults().with_values(changes)
    return Logs(
        settings,
        levels=level_filter(settings.text("logging.level")),
        redactor=redactor or Redactor(),
        started_at=AT,
        screen=screen,
    )


def lines_of(folder: Path, name: str = "mm.log") -> list[str]:
    return (folder / name).read_text().splitlines()


def test_json_lines_answer_the_documents_queries(tmp_path: Path) -> None:
    logs = opened(tmp_path, format="json")
    logs.write(FILL, AT)
    logs.write(Log(level=LogLevel.ERROR, message="KILL SWITCH TRIGGERED", code="KILL", target="mmtui.risk"), AT + 1)
    logs.close()
    first, second = (json.loads(line) for line in lines_of(tmp_path))
    assert first == {
        "timestamp": "2026-01-02T00:00:00.123Z",
        "level": "INFO",
        "target": "mmtui.engine",
        "message": "Fill processed",
        "side": "BUY",
        "size": 0.1,
        "position": -2,
        "is_taker": False,
    }
    assert list(second) == ["timestamp", "level", "target", "message", "code"]
    assert (second["code"], second["level"]) == ("KILL", "ERROR")


@pytest.mark.parametrize("form", ["pretty", "compact"])
def test_plain_lines_can_be_searched_by_the_documents_words(tmp_path: Path, form: str) -> None:
    logs = opened(tmp_path, format=form)
    logs.write(FILL, AT)
    logs.write(Log(level=LogLevel.WARN, message="Kill switch condition detected", code="RISK_WARN"), AT)
    logs.close()
    fill, warning = lines_of(tmp_path)
    assert "INFO" in fill
    assert fill.endswith("Fill processed side=BUY size=0.1 position=-2 is_taker=false")
    assert re.search(r"(Kill switch|cascade|adverse selection|WARN|ERROR)", warning)
    assert "RISK_WARN Kill switch condition detected" in warning


def test_the_forms_of_a_line() -> None:
    line = Line(
        at=AT, level=LogLevel.WARN, target="mmtui.venues.ws", message="reconnect", fields={"after": "a b", "n": 1.5}
    )
    assert as_pretty(line) == '2026-01-02T00:00:00.123Z  WARN mmtui.venues.ws: reconnect after="a b" n=1.5'
    assert as_compact(line) == '00:00:00.123  WARN venues reconnect after="a b" n=1.5'


@given(
    message=st.text(), value=st.one_of(st.text(), st.floats(), st.integers(), st.booleans()), name=st.text(min_size=1)
)
def test_a_line_is_one_line_whatever_it_says(message: str, value: str | float | bool, name: str) -> None:
    line = Line(at=AT, level=LogLevel.INFO, target="mmtui.x", message=message, fields={"x": value})
    for shown in (as_pretty(line), as_compact(line)):
        assert shown.isprintable()
    decoded = json.loads(as_json(line), parse_constant=pytest.fail)
    assert decoded["message"] == message
    assert "\n" not in as_json(Line(at=AT, level=LogLevel.INFO, target="t", message=message, fields={name: value}))


def test_fields_cannot_replace_the_keys_of_a_line() -> None:
    line = Line(at=AT, level=LogLevel.INFO, target="t", message="m", fields={"level": "ERROR", "timestamp": 1})
    assert json.loads(as_json(line))["level"] == "INFO"


@pytest.mark.parametrize(
    ("directives", "target", "level", "expected"),
    [
        ("", "mmtui.engine", LogLevel.DEBUG, False),
        ("", "mmtui.engine", LogLevel.INFO, True),
        ("engine=debug", "mmtui.engine", LogLevel.DEBUG, True),
        ("engine=debug", "mmtui.enginex", LogLevel.DEBUG, False),
        ("engine=debug", "mmtui.venues", LogLevel.DEBUG, False),
        ("venues=warn,venues.hyperliquid=trace", "mmtui.venues.hyperliquid.ws", LogLevel.TRACE, True),
        ("venues=warn,venues.hyperliquid=trace", "mmtui.venues.port", LogLevel.INFO, False),
        ("debug", "mmtui.risk", LogLevel.DEBUG, True),
        ("mmtui.risk=error", "mmtui.risk", LogLevel.WARN, False),
        ("debug", "websockets.client", LogLevel.DEBUG, False),
        ("websockets=debug", "websockets.client", LogLevel.DEBUG, True),
        ("", "websockets.client", LogLevel.INFO, False),
        ("", "websockets.client", LogLevel.WARN, True),
    ],
)
def test_levels_are_chosen_by_room(directives: str, target: str, level: LogLevel, expected: bool) -> None:
    assert level_filter("info", directives).passes(target, level) is expected


def test_a_level_flag_beats_the_variable_and_nonsense_is_refused_whole() -> None:
    assert level_filter("error", "debug", level_is_final=True).level is LogLevel.ERROR
    with pytest.raises(ConfigError) as caught:
        level_filter("info", "loud, =debug, engine=quiet, risk=debug")
    assert len(caught.value.problems) == 3


def test_the_tail_numbers_its_lines_and_keeps_the_last_ones(tmp_path: Path) -> None:
    logs = opened(tmp_path)
    for number in range(700):
        logs.write(Log(level=LogLevel.INFO, message=f"line {number}"), AT + number)
    logs.write(Log(level=LogLevel.DEBUG, message="not this one"), AT)
    tail = logs.tail()
    logs.close()
    assert [line.seq for line in tail] == list(range(201, 701))
    assert (tail[-1].text, tail[-1].level, tail[-1].at) == ("line 699", "INFO", AT + 699)


def test_while_a_console_owns_the_terminal_nothing_is_written_to_it(tmp_path: Path) -> None:
    screen = io.StringIO()
    logs = opened(tmp_path, screen=None)
    logs.write(Log(level=LogLevel.ERROR, message="during"), AT)
    logging.getLogger("websockets.client").error("foreign")
    logs.close()
    headless = opened(tmp_path, screen=screen)
    headless.write(Log(level=LogLevel.INFO, message="after"), AT)
    headless.close()
    assert screen.getvalue().count("\n") == 1
    assert "after" in screen.getvalue()
    assert [("foreign" in line) or ("during" in line) for line in lines_of(tmp_path)] == [True, True, False]


def test_a_terminal_that_went_away_does_not_end_the_log(tmp_path: Path) -> None:
    screen = io.StringIO()
    screen.close()
    logs = opened(tmp_path, screen=screen)
    logs.write(FILL, AT)
    logs.close()
    assert len(lines_of(tmp_path)) == 1


def test_no_form_of_a_key_reaches_file_screen_or_tail(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.hide_bytes(CANARY)
    for form in ("pretty", "json", "compact"):
        screen = io.StringIO()
        logs = opened(tmp_path, screen=screen, redactor=redactor, format=form, multi_stream=True, level="trace")
        logger = logging.getLogger("mmtui.venues")
        for leaked in (CANARY.hex(), "0x" + CANARY.hex().upper(), repr(CANARY), str(int.from_bytes(CANARY, "big"))):
            logs.write(Log(level=LogLevel.INFO, message=f"key {leaked}", fields={"k": leaked}), AT)
            logger.debug("key %s", leaked)
            try:
                raise ValueError(leaked)
            except ValueError:
                logger.exception("failed")
        tail = repr(logs.tail())
        logs.close()
        written = tail + screen.getvalue() + "".join(p.read_text() for p in tmp_path.rglob("*.log"))
        assert written.count(HIDDEN) >= 36
        for secret in (CANARY.hex(), CANARY.hex().upper(), repr(CANARY)[2:-1], str(int.from_bytes(CANARY, "big"))):
            assert secret not in written


def test_each_subsystem_has_its_own_stream(tmp_path: Path) -> None:
    logs = opened(tmp_path, multi_stream=True)
    logs.write(FILL, AT)
    logging.getLogger("mmtui.venues.hyperliquid.ws").warning("reconnect")
    logs.close()
    stem = "mm_testnet_BTC_2026-01-02_00-00-00"
    assert "Fill" in lines_of(tmp_path / "logs", f"{stem}.engine.log")[0]
    assert "reconnect" in lines_of(tmp_path / "logs", f"{stem}.venues.log")[0]
    assert len(lines_of(tmp_path)) == 2


@pytest.mark.parametrize(("dex", "expected"), [("", "mm_mainnet_BTC"), ("hyna", "mm_hyna_BTC")])
def test_the_automatic_name_is_the_documents(dex: str, expected: str) -> None:
    assert auto_name(network="mainnet", dex=dex, asset="BTC", started_at=AT) == expected + "_2026-01-02_00-00-00"


@pytest.mark.fault("F118")
def test_files_are_rotated_by_size_private_and_at_most_five(tmp_path: Path) -> None:
    logs = opened(tmp_path, max_mb=1.0)
    for number in range(700):
        logs.write(Log(level=LogLevel.INFO, message=f"{number} " + "x" * 10_000), AT)
    logs.close()
    kept = sorted(p.name for p in tmp_path.iterdir() if p.is_file())
    assert kept == ["mm.log", "mm.log.1", "mm.log.2", "mm.log.3", "mm.log.4"]
    assert all(p.stat().st_size <= 1_000_000 and p.stat().st_mode & 0o777 == 0o600 for p in tmp_path.glob("mm.log*"))
    numbers = [
        int(line.split("mmtui.engine: ")[1].split()[0]) for n in reversed(kept) for line in lines_of(tmp_path, n)
    ]
    assert numbers == list(range(numbers[0], 700))


@pytest.mark.fault("F118")
def test_the_last_of_a_disk_is_left_to_the_journal_old_files_first_and_logging_resumes(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "mm.log"
    for number in (1, 2, 4):
        path.with_name(f"mm.log.{number}").write_text("old")
    short = iter([True, False, True, True, True, False, False])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_is_short", lambda _: next(short))
        file = files.RotatingFile(path, bytes_max=1_000_000, on_error=said.append)
        for line in ("fits once the oldest is gone", "does not fit", "fits again"):
            file.write(line)
            file.flush()
        file.close()
    assert path.read_text().splitlines() == ["fits once the oldest is gone", "fits again"]
    assert [old.name for old in tmp_path.iterdir()] == ["mm.log"]
    assert len(said) == 2
    assert all(text.startswith("logs trimmed") for text in said)


def test_a_log_file_that_cannot_be_opened_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="log file") as caught:
        opened(tmp_path, file=str(tmp_path))
    assert caught.value.exit_code == 2


def test_a_full_disk_is_said_in_the_tail_and_logging_goes_on(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    screen = io.StringIO()
    logs = opened(tmp_path, file="/dev/full", screen=screen)
    for number in range(400):
        logs.write(Log(level=LogLevel.INFO, message=f"line {number}"), AT)
    logs.close()
    assert screen.getvalue().count("line") == 400
    assert [line.level for line in logs.tail() if "ended: No space left" in line.text] == ["ERROR"]


def test_a_writer_that_stands_still_never_holds_the_caller_and_says_what_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmtui.runtime.logs.pipeline.PENDING_MAX", 10)
    gate = threading.Event()

    class Stuck(io.StringIO):
        def write(self, text: str) -> int:
            gate.wait(30)
            return super().write(text)

    screen = Stuck()
    logs = opened(tmp_path, screen=screen)
    for number in range(100):
        logs.write(Log(level=LogLevel.INFO, message=f"line {number}"), AT)
    assert len(logs.tail()) == 100
    gate.set()
    logs.close()
    assert re.search(r"WARN .*Log lines dropped: .*lines=(8\d|9\d)", screen.getvalue())


def test_a_wrong_call_of_a_logger_is_still_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    for form in ("json", "pretty"):
        logs = opened(tmp_path, format=form)
        logging.getLogger("mmtui.x").warning("%d fills", "three")
        logging.getLogger("mmtui.x").warning("odd", extra={"fields": {"what": object()}})
        logs.close()
    assert len(lines_of(tmp_path)) == 4
    assert "three" in lines_of(tmp_path)[0]


@pytest.mark.fault("F118")
def test_the_folder_of_the_logs_keeps_within_its_bound_by_losing_the_oldest(tmp_path: Path) -> None:
    import os

    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(6):
        old = folder / f"mm_testnet_BTC_2025-12-0{number + 1}_00-00-00.log"
        old.write_bytes(b"x" * 400_000)
        os.utime(old, (number, number))
    (folder / "notes.log").write_bytes(b"y" * 5_000_000)
    logs = opened(tmp_path, file="auto", dir=str(folder), max_mb=1.0, total_mb=2.0)
    assert "logs trimmed: 1 old files" in logs.tail()[0].text
    for number in range(300):
        logs.write(Log(level=LogLevel.INFO, message=f"{number} " + "x" * 10_000), AT)
    logs.close()
    kept = sorted(path.name for path in folder.glob("mm_*"))
    assert sum(path.stat().st_size for path in folder.glob("mm_*")) <= 2_300_000
    assert not any("2025-12" in name for name in kept), "the oldest went first"
    assert (folder / "notes.log").exists()


@pytest.mark.parametrize(
    ("environment", "is_terminal", "is_coloured"),
    [({"TERM": "xterm"}, True, True), ({"TERM": "xterm"}, False, False), ({"TERM": "dumb"}, True, False),
     ({"TERM": "xterm", "NO_COLOR": "1"}, True, False), ({"TERM": "xterm", "NO_COLOR": ""}, True, True)],
)  # fmt: skip
def test_lines_are_coloured_only_where_a_terminal_takes_it_and_nobody_minds(
    environment: dict[str, str], is_terminal: bool, is_coloured: bool
) -> None:
    screen = io.StringIO()
    screen.isatty = lambda: is_terminal  # type: ignore[method-assign]
    assert takes_colour(screen, environment) is is_coloured


def test_text_that_reorders_what_is_read_is_shown_escaped() -> None:
    assert printable("BUY \u202e1.0\u2066\u200b") == "BUY \\u202e1.0\\u2066\\u200b"
