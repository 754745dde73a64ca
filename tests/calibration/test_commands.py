"""``mmtui calibrate`` and ``mmtui analyze`` from the command line: round trip, JSON, refusals, hostile files."""

import gzip
import json
import math
import re
from pathlib import Path

import pytest

from mmtui.cli import main
from mmtui.domain.parameters import parameter
from mmtui.runtime.config import load
from tests.calibration.writing import line, market, recorded

COIN = {"coin": "TRUE"}
T0 = 1_700_000_000_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    return tmp_path


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    events = market(1, 400.0, sigma=2e-4, kappa=3000.0, intensity=0.6, pushed=5e-5)
    return recorded(tmp_path_factory.mktemp("recording") / "session.jsonl", events)


def touch(ts_ms: int, bid: str = "100", ask: str = "101") -> str:
    bbo = [{"px": bid, "sz": "1.25"}, {"px": ask, "sz": "1"}]
    return line(ts_ms, "bbo", COIN | {"time": ts_ms, "bbo": bbo})


def prints(ts_ms: int, time_ms: int, tid: int, coin: str = "TRUE") -> str:
    one = {"coin": coin, "side": "B", "px": "101", "sz": "1", "time": time_ms, "tid": tid, "hash": ""}
    return line(ts_ms, "trades", [one])


def test_a_profile_is_written_included_and_shown_with_its_source(
    recording: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", str(recording), "-o", "profile.toml"]) == 0
    told = capsys.readouterr().out
    assert all(len(text) <= 80 for text in told.splitlines())
    assert "kappa both" in told
    assert 'include = "profile.toml"' in told
    profile = (folder / "profile.toml").read_text()
    assert str(recording.parent) not in profile
    assert "session.jsonl" in profile
    assert "2023-11-14 22:13:20 UTC" in profile
    (folder / "market_maker.toml").write_text('include = "profile.toml"\n')
    assert main(["effective-config"]) == 0
    shown = capsys.readouterr().out
    for name in ("kappa_prior", "intensity_prior_events", "adverse_prior_bps", "sigma_baseline"):
        written = re.search(rf"^{name} = (\S+)$", profile, re.MULTILINE)
        assert written is not None, name
        row = re.search(rf"^{name} = (\S+) +# \S*profile.toml:\d+$", shown, re.MULTILINE)
        assert row is not None, name
        assert float(row.group(1)) == float(written.group(1))
    config = load(path=None, environment={}, flags={}, folder=folder)
    assert config.settings.number("estimators.kappa_prior") == pytest.approx(3000.0, rel=0.25)
    assert config.settings.number("risk.sigma_baseline") < 1e-3


def test_a_profile_is_never_written_over_unless_forced(
    recording: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "profile.toml").write_text("mine")
    assert main(["calibrate", str(recording), "-o", "profile.toml"]) == 2
    assert "--force" in capsys.readouterr().err
    assert (folder / "profile.toml").read_text() == "mine"
    assert main(["calibrate", str(recording), "-o", "profile.toml", "--force"]) == 0
    assert "kappa_prior" in (folder / "profile.toml").read_text()
    assert main(["calibrate", str(recording), "--force"]) == 2


def test_a_recording_is_never_written_over_and_a_folder_that_is_absent_is_told_at_once(
    recording: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = recording.read_bytes()
    assert main(["calibrate", str(recording), "-o", str(recording), "--force"]) == 2
    assert recording.read_bytes() == before
    assert main(["calibrate", str(recording), "-o", "no/such.toml"]) == 2
    assert "no folder" in capsys.readouterr().err


def test_json_has_every_figure_and_each_estimate_lies_in_its_interval(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", str(recording), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    assert found["coin"] == "TRUE"
    names = {row["name"] for row in found["findings"]}
    assert {"sigma", "kappa bid", "A ask", "Hawkes decay", "order size both", "adverse 1 s", "beta book"} <= names
    for row in found["findings"]:
        if row["interval"] is not None:
            assert row["interval"]["low"] <= row["value"] <= row["interval"]["high"], row
    for key, row in found["profile"].items():
        schema = parameter(key)
        assert row["value"] is None or schema.low <= row["value"] <= schema.high
    assert {row["name"] for row in found["live"]} >= {"sigma", "kappa_bid", "intensity_ask"}
    assert found["survival"][0]["seen"] > found["survival"][-1]["seen"]


def test_another_setting_changes_the_fit(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", str(recording), "--json", "--set", "estimators.adverse_horizon_s=5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["profile"]["estimators.adverse_prior_bps"]["why"].startswith("adverse deep 5 s")


def test_a_recording_too_short_keeps_every_prior_and_says_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.jsonl").write_text(
        "".join(touch(T0 + 500 * step) for step in range(20)) + prints(T0 + 9_600, T0 + 9_600, 1)
    )
    assert main(["calibrate", "a.jsonl", "-o", "p.toml"]) == 0
    assert "too few orders: prior kept" in capsys.readouterr().out
    assert not re.search(r"^\w+ = ", (folder / "p.toml").read_text(), re.MULTILINE)
    (folder / "market_maker.toml").write_text('include = "p.toml"\n')
    assert main(["validate-config"]) == 0


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty.jsonl": (b"", "holds no book, bbo or trades"),
    "text.jsonl": (b"hello\n", "line 1 is not a recorded message"),
    "nan.jsonl": ((touch(T0) + touch(T0 + 1, "NaN")).encode(), "line 2 is not a recorded message"),
    "nan_time.jsonl": (b'{"ts":NaN,"msg":{"channel":"bbo","data":{}}}\n', "line 1 is not a recorded message"),
    "zero.jsonl": ((touch(T0) + touch(T0 + 1, "0")).encode(), "line 2 is not a recorded message"),
    "channel.jsonl": (line(T0, "candle", {"t": 1}).encode(), "holds no book, bbo or trades"),
    "cut.jsonl.gz": (
        gzip.compress(b"".join(touch(T0 + k).encode() for k in range(5000)))[:-40],
        "cannot be read after",
    ),
    "not.jsonl.gz": (b"no gzip at all", "cannot be read after line 0"),
    "not.jsonl.zst": (b"no zstandard", "cannot be read after line 0"),
    "one_sided.jsonl": (line(T0, "bbo", COIN | {"time": T0, "bbo": [None, None]}).encode(), ""),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", ["calibrate", "analyze"])
def test_a_file_that_is_no_recording_is_one_clear_line(
    name: str, command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, wanted = HOSTILE[name]
    (folder / name).write_bytes(data)
    code = main([command, name])
    told = capsys.readouterr()
    if not wanted:
        assert code == 0
        assert "nan" not in told.out.lower()
        return
    assert code == 2
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert name in told.err
    assert wanted in told.err


def test_a_file_that_is_absent_or_a_folder_is_one_clear_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("absent.jsonl", str(folder)):
        assert main(["calibrate", name]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_of_several_coins_one_must_be_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = touch(T0 + 1).replace("TRUE", "ETH")
    Path("two.jsonl").write_text(touch(T0) + other + touch(T0 + 500) + prints(T0 + 600, T0 + 600, 1))
    assert main(["calibrate", "two.jsonl"]) == 2
    error = capsys.readouterr().err
    assert "ETH, TRUE" in error
    assert "--coin" in error
    assert main(["calibrate", "two.jsonl", "--coin", "TRUE"]) == 0
    assert main(["calibrate", "two.jsonl", "--coin", "BTC"]) == 2
    capsys.readouterr()
    assert main(["analyze", "two.jsonl", "--json"]) == 0
    assert [row["coin"] for row in json.loads(capsys.readouterr().out)["coins"]] == ["ETH", "TRUE"]


def test_files_are_joined_in_the_order_of_time_and_may_not_overlap(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.jsonl").write_text(touch(T0) + prints(T0 + 10, T0 + 10, 1) + touch(T0 + 1000))
    Path("b.jsonl").write_text(touch(T0 + 60_000) + prints(T0 + 60_010, T0 + 60_010, 2) + touch(T0 + 61_000))
    Path("c.jsonl").write_text(touch(T0 + 500) + touch(T0 + 2_000))
    assert main(["analyze", "b.jsonl", "a.jsonl", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["coins"][0]
    assert found["files"] == ["a.jsonl", "b.jsonl"]
    assert found["watched_s"] == pytest.approx(2.0)
    assert [length for _, length in found["silences"]] == pytest.approx([59.0])
    assert found["prints"] == 2
    assert main(["analyze", "a.jsonl", "c.jsonl"]) == 2
    assert "overlap" in capsys.readouterr().err
    assert main(["analyze", "a.jsonl", "./a.jsonl"]) == 2
    assert "twice" in capsys.readouterr().err


def test_what_a_fit_leaves_out_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        touch(T0),
        prints(T0 + 10, T0 - 60_000, 1),
        prints(T0 + 20, T0 + 15, 2),
        prints(T0 + 30, T0 + 15, 2),
        touch(T0 + 40, "102", "101"),
        touch(T0 + 35),
        touch(T0 + 20_000),
    ]
    Path("a.jsonl").write_text("".join(rows))
    assert main(["analyze", "a.jsonl"]) == 0
    told = capsys.readouterr().out
    assert len(told.splitlines()) < 40
    for words in ("prints repeated from the past", "prints met twice", "books and touches refused", "running back"):
        assert re.search(rf"{words} +1$", told, re.MULTILINE), words
    assert re.search(r"silences +1 ", told)


def test_own_fills_of_a_recording_stand_above_the_tape(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill = {"coin": "TRUE", "px": "100", "sz": "1", "side": "B", "crossed": False}
    rows, at = [], T0
    for step in range(60):
        at = T0 + 5_000 * step
        rows.append(touch(at))
        told = {"user": "0x", "fills": [fill | {"time": at + 10}]}
        rows.append(line(at + 20, "userFills", told))
        rows.append(line(at + 21, "userFills", told | {"isSnapshot": True}))
        rows.append(line(at + 22, "userFills", {"fills": [fill | {"time": at + 10, "crossed": True}]}))
        rows.append(touch(at + 500, "99.9", "100.9"))
        rows += [touch(at + 500 * k, "99.9", "100.9") for k in range(2, 9)]
    Path("own.jsonl").write_text("".join(rows))
    assert main(["calibrate", "own.jsonl", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (own,) = [row for row in found["findings"] if row["name"] == "adverse own 1 s"]
    assert own["n"] == 60
    assert own["value"] == pytest.approx(0.1 / 100.5 * 1e4, rel=1e-3)
    assert found["profile"]["estimators.adverse_prior_bps"]["value"] == parameter(
        "estimators.adverse_prior_bps"
    ).high or (math.isclose(found["profile"]["estimators.adverse_prior_bps"]["value"], own["value"], rel_tol=1e-3))


def test_funding_is_told_where_contexts_were_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"markPx": "100.6", "oraclePx": "100.5", "funding": "0.00001", "openInterest": "5"}
    rows = [touch(T0 + 1000 * step) for step in range(20)]
    rows += [line(T0 + 1000 * step, "activeAssetCtx", COIN | {"ctx": figures}) for step in range(20, 40)]
    Path("a.jsonl").write_text("".join(rows))
    assert main(["calibrate", "a.jsonl", "--json"]) == 0
    (row,) = [each for each in json.loads(capsys.readouterr().out)["findings"] if each["name"] == "funding"]
    assert row["value"] == pytest.approx(1e-5 * 8766 * 100)
    assert row["details"]["basis_bps"] == pytest.approx(0.1 / 100.5 * 1e4)
    assert row["n"] == 20


RECORDED = ("hl_BTC_20250126T1914Z_wire", "hl_BTC-bbo_20250903T0000Z", "hl_WLFI_20250903T1255Z")


@pytest.mark.parametrize("name", RECORDED)
def test_real_recordings_give_finite_figures_within_their_intervals(
    shared: Path, name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared / "data" / "hyperliquid" / f"{name}.jsonl.gz"
    assert main(["calibrate", str(path), "--json", "-o", "p.toml"]) == 0
    found = json.loads(capsys.readouterr().out)
    for row in found["findings"]:
        assert row["value"] is None or math.isfinite(row["value"])
        assert row["words"] or row["name"].startswith("Hawkes")
        if row["interval"] is not None:
            assert row["interval"]["low"] <= row["value"] <= row["interval"]["high"]
    (folder / "market_maker.toml").write_text('include = "p.toml"\n')
    assert main(["validate-config"]) == 0
