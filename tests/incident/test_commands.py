"""``mmtui bundle`` and ``mmtui replay`` as a person types them, without a terminal."""

import gzip
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from mmtui.cli import main
from tests.incident.state import MARKET, START_S, write_journal, write_recording

KEY = bytes(range(7, 39)).hex()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "home" / "mmtui"
    folder.mkdir(parents=True, mode=0o700)
    write_recording(folder, 30)
    write_journal(folder)
    return folder


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_a_bundle_from_the_files_alone_is_replayed_and_verified(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = told(capsys, "bundle", "--note", "looked odd").split(" (")[0]
    assert Path(path).parent == state / "incidents"
    text = told(capsys, "replay", path, "--no-ui")
    assert "looked odd" in text
    assert "as the manifest says" in text
    figures = json.loads(told(capsys, "replay", path, "--json"))
    assert figures["from_at"] == START_S
    assert figures["to_at"] == START_S + 29.0
    assert figures["pictures"] == 30
    assert "recording.jsonl.zst" in figures["files"]


def test_nothing_in_a_bundle_reaches_the_terminal_as_an_order(
    state: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = told(capsys, "bundle").split(" (")[0]
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(hostile, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "manifest.json":
                data = json.dumps({**json.loads(data), "note": "\x1b]0;taken\x07", "missing": ["\x1b[2J"]}).encode()
            new.writestr(name, data)
    text = told(capsys, "replay", str(hostile), "--no-ui")
    assert "taken" in text
    assert text.replace("\n", "").isprintable()


def test_the_market_is_chosen_by_the_beginning_of_its_id(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(state / f"{MARKET}.journal.sqlite", state / "testnet-ETH-3f2a91cd.journal.sqlite")
    assert main(["bundle"]) == 2
    assert "testnet-ETH-3f2a91cd" in capsys.readouterr().err
    made = json.loads(told(capsys, "bundle", "sim", "--json"))
    assert MARKET in made["path"]


def test_a_key_in_the_environment_is_blanked_in_a_bundle_from_the_files(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPERLIQUID_PRIVATE_KEY", "0x" + KEY.upper())
    (state / f"{MARKET}.guard.jsonl").write_text(f"a key in pairs {bytes.fromhex(KEY).hex(':')}\n")
    made = json.loads(told(capsys, "bundle", "--json", "--note", f"my key is {KEY}"))
    assert json.loads(told(capsys, "replay", made["path"], "--json"))["missing"] == made["missing"]
    text = told(capsys, "replay", made["path"], "--no-ui")
    assert KEY not in text
    assert "my key is [hidden]" in text


def test_a_recording_is_replayed_by_its_pictures(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = (state / "recordings").iterdir()
    figures = json.loads(told(capsys, "replay", str(path), "--no-ui", "--json"))
    assert figures["pictures"] == 30
    assert figures["files"] == {}


def test_a_recording_without_pictures_is_traded_by_the_engine(
    state: Path, capsys: pytest.CaptureFixture[str], shared: Path
) -> None:
    path = shared / "data/hyperliquid/hl_BTC-bbo_20250903T0000Z.jsonl.gz"
    short = state / "short.jsonl"

    with gzip.open(path) as lines:
        short.write_bytes(b"".join(line for line, _ in zip(lines, range(1_500), strict=False)))
    figures = json.loads(told(capsys, "replay", str(short), "--json", "--set", "strategy.strategy_type=symmetric"))
    assert figures["network"] == "recorded"
    assert figures["strategy"] == "symmetric"
    assert figures["pictures"] > 60


@pytest.mark.parametrize(("content", "said"), [(b"PK nonsense", "not an incident bundle"), (b"", "")])
def test_what_is_no_bundle_is_told_in_one_line(
    state: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    path = state / "x.zip"
    path.write_bytes(content)
    assert main(["replay", str(path), "--no-ui"]) != 0
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error


def test_a_file_that_is_not_there_is_told_in_one_line(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(state / "none.jsonl"), "--no-ui"]) != 0
    assert "cannot be read" in capsys.readouterr().err
