"""The command line: every flag of the documents, one line an error, exit codes, nothing imported for help."""

import argparse
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mmtui import __version__
from mmtui.cli import COMMANDS, SETTING_FLAGS, _one_line, _run_options, _setting_flags, main, parser
from mmtui.domain.parameters import find, parameter
from mmtui.errors import ConfigError, JournalError, LatchedError, PreflightError
from mmtui.runtime.config import load
from mmtui.runtime.config.writing import generated

ROOT = Path(__file__).resolve().parents[2]
KEY = "0x" + "3c" * 32


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    return tmp_path


def parsed(*words: str) -> argparse.Namespace:
    args = parser().parse_args(list(words))
    args.flags = _setting_flags(args)
    return args


def test_every_flag_and_command_of_the_documents_exists(shared: Path) -> None:
    texts = "".join(path.read_text() for path in (shared / "requirements").glob("00[013]*"))
    of_the_program = re.findall(r"(?:market_maker|mmtui)\b(?: --)?((?:[^\n`|\\]|\\\n)*)", texts)
    named = {flag for part in of_the_program for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]+", part)}
    named |= set(re.findall(r"^\|[^|]*`(?:-c, )?(--[a-z-]+)", texts, re.MULTILINE))
    known = {option for action in parser()._actions for option in action.option_strings}
    cargo = {"--release", "--bin", "--test", "--", "--nocapture", "--ignored", "--lib"}
    assert named - known - cargo == set()
    assert len(named & known) >= 20
    commands = {command.name for command in COMMANDS}
    assert {"generate-config", "validate-config", "status", "run"} <= commands


def test_every_setting_flag_sets_a_setting_of_the_schema() -> None:
    for flag in SETTING_FLAGS:
        assert parameter(flag.key).key == flag.key
        args = parsed(flag.name) if flag.is_switch else parsed(flag.name, "text")
        assert args.flags == {flag.key: (flag.name, "true" if flag.is_switch else "text")}


def test_max_position_and_the_settings_other_name_are_one() -> None:
    assert find("trading.max_position") is parameter("trading.max_absolute_position_size")
    assert parsed("--max-position", "0.5").flags["trading.max_absolute_position_size"] == ("--max-position", "0.5")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_leads_to_a_function_that_exists(command: object) -> None:
    module, _, function = command.target.partition(":")  # type: ignore[attr-defined]
    assert callable(getattr(importlib.import_module(module), function))


def test_flags_work_before_and_after_the_command() -> None:
    before, after = parsed("--network", "testnet", "status"), parsed("status", "--network", "testnet")
    assert before.flags == after.flags == {"network.base_url": ("--network", "testnet")}
    mixed = parsed("--asset", "ETH", "status", "--network", "localhost")
    assert mixed.flags["trading.asset"] == ("--asset", "ETH")


def test_without_a_command_the_flags_of_a_run_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMTUI_LOG", "engine=debug")
    words = ["--no-ui", "--duration", "1.5", "--json-summary", "s.json", "--dry-run", "--yes"]
    words += ["--balance", "50", "--seed", "9", "--speed", "20"]
    for args in (parsed(*words), parsed("run", *words), parsed("demo", *words)):
        options = _run_options(args)
        assert (options.no_ui, options.duration_s, options.json_summary) == (True, 1.5, Path("s.json"))
        assert (options.dry_run, options.assume_yes, options.balance_usd) == (True, True, 50.0)
        assert (options.seed, options.speed, options.log_levels) == (9, 20.0, "engine=debug")
    assert _run_options(parsed()).balance_usd == 100_000.0


def test_any_setting_can_be_set_by_its_key(folder: Path) -> None:
    flags = parsed("--set", "risk.max_daily_loss_usd=77", "--set", "trading.asset=ETH").flags
    config = load(path=None, environment={}, flags=flags, folder=folder)
    assert config.settings.number("risk.max_daily_loss_usd") == 77.0
    assert config.sources["trading.asset"] == "--set"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--bogus"], "unrecognized arguments"),
        (["bogus"], "invalid choice"),
        (["--duration", "-1"], "not a number above 0"),
        (["--duration", "nan"], "not a number above 0"),
        (["--seed", "1.5"], "not a whole number"),
        (["--asset"], "expected one argument"),
        (["--asse", "BTC"], "unrecognized arguments: --asse; did you mean --asset"),
        (["--decimals", "2"], "price grid follows"),
        (["--set", "risk.max_daily_loss_usd", "validate-config"], "--set KEY=VALUE"),
        (["--set", "risk.nonsense=1", "validate-config"], "no such setting"),
        (["cancel-all", "--own", "--all"], "not allowed with"),
        (["--network", "moon", "validate-config"], "expected testnet"),
        (["-c", "absent.toml", "validate-config"], "generate-config"),
        (["exchange", "--market", "absent.jsonl"], "absent.jsonl"),
        (["exchange", "--speed", "0"], "not a number above 0"),
        (["status", "--network", "sim"], "sim lives only inside a run"),
    ],
)
def test_a_usage_error_is_told_in_a_line_with_exit_code_2(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("mmtui: ")
    assert expected in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_mistyped_flag_does_not_echo_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--privat-key", KEY], ["--private-key=" + KEY, KEY], ["--seed", KEY], [KEY]):
        assert main(words) == 2
        assert KEY[2:] not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("a"), 2),
        (PreflightError("a"), 5),
        (LatchedError("a"), 3),
        (JournalError("a"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_their_exit_codes(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr("mmtui.runtime.commands.configuration.validate_config", fails)
    assert main(["validate-config"]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_the_traceback() -> None:
    with pytest.raises(ConfigError):
        main(["--log-level", "debug", "-c", "absent.toml", "validate-config"])


def test_a_defect_is_one_line_without_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    error = ValueError(f"bad\n{KEY}")
    _one_line(ValueError, error, None)
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--log-level debug" in told
    assert KEY[2:] not in told


def test_the_configuration_commands_work_offline(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate-config", "-"]) == 0
    assert capsys.readouterr().out == generated()
    assert main(["generate-config"]) == 0
    assert (folder / "market_maker.toml").read_text() == generated()
    assert main(["generate-config"]) == 2
    assert main(["generate-config", "--force"]) == 0
    capsys.readouterr()
    assert main(["validate-config"]) == 0
    assert "market_maker.toml: valid" in capsys.readouterr().out
    assert main(["effective-config", "--asset", "ETH", "--private-key", KEY]) == 0
    shown = capsys.readouterr().out
    assert re.search(r'^asset = "ETH" +# --asset$', shown, re.MULTILINE)
    assert re.search(r"^risk_aversion = 0\.3 +# .*market_maker\.toml:\d+$", shown, re.MULTILINE)
    assert "# private_key is set  (--private-key)" in shown
    assert KEY[2:] not in shown


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"mmtui {__version__}\n"


def test_help_needs_nothing_but_the_standard_library() -> None:
    script = (
        "import sys\n"
        "from mmtui.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(re.findall(r"'(\w+)'", run.stderr))
    assert loaded & {"msgspec", "aiohttp", "textual", "numpy", "tomlkit", "coincurve", "eth_account", "uvloop"} == set()
    for command in COMMANDS:
        assert (f"\n    {command.name} " in run.stdout) is not command.is_hidden


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = "import sys; from mmtui.cli import main; sys.exit(main(['generate-config', '-']))"
    run = subprocess.run(
        f'{sys.executable} -c "{script}" | head -c 0; echo ${{PIPESTATUS[0]}}',
        shell=True,
        capture_output=True,
        text=True,
        check=True,
        executable="/bin/bash",
    )
    assert (run.stdout, run.stderr) == ("0\n", "")


def test_demo_reads_no_file_and_no_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "market_maker.toml").write_text('[network]\nbase_url = "mainnet"\n[trading]\nasset = "ETH"\n')
    monkeypatch.setenv("HYPERLIQUID_PRIVATE_KEY", KEY)
    seen = []

    def run_session(config: object, options: object, screen: object = None) -> int:
        seen.append(config)
        return 0

    monkeypatch.setattr("mmtui.runtime.run.run", run_session)
    assert main(["demo", "--no-ui", "--network", "mainnet"]) == 0
    (config,) = seen
    assert config.settings.text("network.base_url") == "sim"
    assert config.settings.text("trading.asset") == "BTC"
    assert config.flag_key is None
    assert "HYPERLIQUID_PRIVATE_KEY" not in os.environ


def test_whatever_a_command_writes_is_its_owners_alone(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        words = ["--no-ui", "--duration", "0.5", "--log-file", "logs/run.log", "--multi-stream-logs"]
        main(["demo", *words, "--metrics-port", "0", "--json-summary", "end.json"])
        assert main(["generate-config"]) == 0
    finally:
        os.umask(before)
    modes = {path.relative_to(folder): path.stat().st_mode & 0o077 for path in folder.rglob("*")}
    assert {Path("end.json"), Path("logs/run.log"), Path("market_maker.toml"), Path("state/mmtui")} <= set(modes)
    assert any(path.suffix == ".sqlite" for path in modes)
    assert {path for path, mode in modes.items() if mode} == set()
