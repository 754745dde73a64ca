"""Configuration: precedence, every problem at once, hostile files, the documents' samples."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmtui.domain.parameters import PARAMETERS, SECTIONS, Kind, Refusal, Settings, parameter
from mmtui.errors import ConfigError
from mmtui.runtime.config.loading import LoadedConfig, load, variable_name
from mmtui.runtime.config.writing import EXAMPLES, generated, with_values, write_generated

ROOT = Path(__file__).resolve().parents[2]
KEY = "0x" + "5a" * 32


def loaded(
    folder: Path,
    text: str | None = None,
    *,
    environment: Mapping[str, str] = {},
    flags: Mapping[str, tuple[str, str]] = {},
) -> LoadedConfig:
    path = None
    if text is not None:
        path = folder / "c.toml"
        path.write_text(text)
        path.chmod(0o600)
    return load(path=path, environment={"HOME": str(folder), **environment}, flags=flags, folder=folder)


def problems(folder: Path, text: str, **more: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, **more)
    assert caught.value.exit_code == 2
    return [str(problem) for problem in caught.value.problems]


FILE = "[trading]\nrisk_aversion = 0.4\n"
ENVIRONMENT = {"MMTUI_TRADING_RISK_AVERSION": "0.5"}
FLAGS = {"trading.risk_aversion": ("--risk-aversion", "0.6")}


@pytest.mark.parametrize(
    ("text", "environment", "flags", "expected", "source"),
    [
        (None, {}, {}, 0.3, "default"),
        (FILE, {}, {}, 0.4, "c.toml:2"),
        (None, ENVIRONMENT, {}, 0.5, "MMTUI_TRADING_RISK_AVERSION"),
        (None, {}, FLAGS, 0.6, "--risk-aversion"),
        (FILE, ENVIRONMENT, {}, 0.5, "MMTUI_TRADING_RISK_AVERSION"),
        (FILE, {}, FLAGS, 0.6, "--risk-aversion"),
        (None, ENVIRONMENT, FLAGS, 0.6, "--risk-aversion"),
        (FILE, ENVIRONMENT, FLAGS, 0.6, "--risk-aversion"),
    ],
)
def test_later_sources_win_and_each_value_knows_its_source(
    tmp_path: Path,
    text: str | None,
    environment: dict[str, str],
    flags: dict[str, tuple[str, str]],
    expected: float,
    source: str,
) -> None:
    config = loaded(tmp_path, text, environment=environment, flags=flags)
    assert config.settings.number("trading.risk_aversion") == expected
    assert config.sources["trading.risk_aversion"].endswith(source)
    assert config.sources["trading.asset"] == "default"


def test_every_setting_can_be_set_from_the_environment(tmp_path: Path) -> None:
    names = {variable_name(row) for row in PARAMETERS}
    assert len(names) == len(PARAMETERS)
    numbers = {
        variable_name(row): str(row.default)
        for row in PARAMETERS
        if row.default is not None and row.kind in (Kind.NUMBER, Kind.COUNT, Kind.FLAG)
    }
    config = loaded(tmp_path, environment=numbers)
    assert config.settings == Settings.defaults()
    assert {config.sources[row.key] for row in PARAMETERS if variable_name(row) in numbers} == set(numbers)


def test_without_a_file_the_defaults_hold_with_one_notice(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert config.settings == Settings.defaults()
    assert config.path is None
    assert len(config.notices) == 1
    assert "generate-config" in config.notices[0]


def test_the_file_is_looked_for_here_and_in_the_users_folder(tmp_path: Path) -> None:
    home = tmp_path / "home/.config/mmtui"
    home.mkdir(parents=True)
    (home / "market_maker.toml").write_text('[trading]\nasset = "HOME"\n')
    environment = {"HOME": str(tmp_path / "home")}
    found = load(path=None, environment=environment, flags={}, folder=tmp_path)
    assert found.settings.text("trading.asset") == "HOME"
    (tmp_path / "market_maker.toml").write_text('[trading]\nasset = "HERE"\n')
    assert load(path=None, environment=environment, flags={}, folder=tmp_path).settings.text("trading.asset") == "HERE"


def test_a_named_file_that_is_absent_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="generate-config") as caught:
        load(path=tmp_path / "x.toml", environment={}, flags={}, folder=tmp_path)
    assert caught.value.exit_code == 2


@pytest.mark.fault("F101")
@pytest.mark.incident("B39")
def test_every_problem_is_told_at_once_with_line_and_remedy(tmp_path: Path) -> None:
    text = (
        '[network]\nbase_url = "moonnet"\n[trading]\naset = "BTC"\nrisk_aversion = "high"\norder_notional_usd = -1\n'
        "[risk]\nmin_trades = 5\nmax_daily_loss_usd = nan\n[nonsense]\nx = 1\n"
    )
    found = problems(tmp_path, text, environment={"MMTUI_RISK_MAX_DAILY_LOS_USD": "1", "MMTUI_LOGGING_LEVEL": "loud"})
    assert len(found) == 9
    for expected in (
        r"c\.toml:2 network\.base_url: 'moonnet'; expected testnet \| mainnet \| localhost \| sim",
        r"c\.toml:4 trading\.aset: no such setting.*nearest: trading\.asset",
        r"c\.toml:5 trading\.risk_aversion: 'high'; expected a number, 0\.05 to 2",
        r"c\.toml:6 trading\.order_notional_usd: -1; expected 10 to",
        r"c\.toml:8 risk\.min_trades: no such setting here; expected \[strategy\] min_trades",
        r"c\.toml:9 risk\.max_daily_loss_usd: nan",
        r"c\.toml:10 nonsense: no such section; expected one of \[network\]",
        r"MMTUI_RISK_MAX_DAILY_LOS_USD: no such variable.*nearest: MMTUI_RISK_MAX_DAILY_LOSS_USD",
        r"MMTUI_LOGGING_LEVEL logging\.level: 'loud'",
    ):
        assert any(re.search(expected, line) for line in found), expected


@pytest.mark.fault("F102", "F103")
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "-1e400", "0x7fffffffffffffff", "9" * 5000])
@pytest.mark.parametrize("section", sorted({row.section for row in PARAMETERS}))
def test_no_number_that_is_not_finite_or_sane_gets_in(tmp_path: Path, section: str, value: str) -> None:
    rows = [row for row in PARAMETERS if row.section == section and row.kind in (Kind.NUMBER, Kind.COUNT)]
    for row in rows:
        table, _, name = row.key.rpartition(".")
        problems(tmp_path, f"[{table}]\n{name} = {value}\n")


@pytest.mark.parametrize("text", ["nan", "inf", "1e400", "", "1_000", "0x10", "--", "１"])
def test_no_such_number_comes_from_the_environment_either(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        loaded(tmp_path, environment={"MMTUI_TRADING_ORDER_NOTIONAL_USD": text})


def test_an_older_name_is_taken_with_a_notice_in_its_unit(tmp_path: Path) -> None:
    config = loaded(tmp_path, "[risk]\nmin_spread_floor = 3\n[strategy]\nestimation_window_secs = 200\n")
    assert config.settings.number("risk.min_half_spread_bps") == 3.0
    assert config.settings.number("strategy.estimation_window_s") == 200.0
    assert any("min_spread_floor is read as risk.min_half_spread_bps, in bps" in line for line in config.notices)


def test_a_setting_given_under_both_names_is_an_error(tmp_path: Path) -> None:
    found = problems(tmp_path, "[risk]\nmin_spread_floor = 3\nmin_half_spread_bps = 2\n")
    assert any("set twice" in line for line in found)


@pytest.mark.parametrize(("written", "expected"), [("20", "20"), ('"20"', "20"), ('"max"', "max")])
def test_leverage_is_a_number_or_max(tmp_path: Path, written: str, expected: str) -> None:
    assert loaded(tmp_path, f"[trading]\nleverage = {written}\n").settings.text("trading.leverage") == expected
    assert problems(tmp_path, '[trading]\nleverage = "lots"\n')


@pytest.mark.parametrize(("given_name", "real"), [("hyena", "hyna"), ("felix", "flx"), ("hyna", "hyna")])
def test_dex_names_of_the_documents_resolve(tmp_path: Path, given_name: str, real: str) -> None:
    config = loaded(tmp_path, flags={"trading.dex": ("--dex", given_name)})
    assert config.settings.text("trading.dex") == real
    assert any("called" in line for line in config.notices) is (given_name != real)


def test_a_private_key_never_enters_the_settings(tmp_path: Path) -> None:
    config = loaded(
        tmp_path, f'[network]\nprivate_key = "{KEY}"\n', flags={"network.private_key": ("--private-key", KEY)}
    )
    assert config.settings.value("network.private_key") is None
    assert config.config_key is not None
    assert config.flag_key is not None
    assert config.config_key[1].reveal() == KEY
    assert KEY[2:] not in repr(config)


@pytest.mark.parametrize(
    "text",
    [
        f'[network]\nprivate_key = "{KEY}\n',
        f"[network]\nprivate_key = {KEY}\n",
        f'[network]\nprivate_key = ["{KEY}"]\n',
        f'[trading]\norder_notional_usd = "{KEY}"\n',
        f'[network]\nbase_url = "{KEY}"\n',
        f"[network]\nbase_url = {{ a = '{KEY}' }}\n",
        f"[network]\nbase_url = {{ a_long_name_and_another_word = '{KEY}' }}\n",
        f"[network]\nlocal_url = {KEY}\n",
    ],
)
def test_a_misplaced_key_is_not_echoed(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    shown = str(caught.value)
    assert KEY[2:] not in shown
    assert str(int(KEY, 16)) not in shown
    assert KEY[2:40] not in shown


@pytest.mark.fault("F102")
@pytest.mark.parametrize("kind", ["fifo", "directory", "huge", "binary", "device", "nested", "latin", "nul"])
def test_a_hostile_file_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "c.toml"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        content = {
            "huge": b"# " + b"x" * 300_000,
            "binary": b"\x7fELF\x00\xff" * 100,
            "nested": b"a = " + b"[" * 50_000,
            "latin": b'[trading]\nasset = "\xe9"\n',
            "nul": b'[trading]\nasset = "\x00"\n',
        }
        path.write_bytes(content[kind])
    with pytest.raises(ConfigError) as caught:
        load(path=path, environment={}, flags={}, folder=tmp_path)
    assert caught.value.exit_code == 2
    assert len(str(caught.value)) < 400


def test_a_link_to_a_proper_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text('[trading]\nasset = "ETH"\n')
    (tmp_path / "c.toml").symlink_to(tmp_path / "real.toml")
    config = load(path=tmp_path / "c.toml", environment={}, flags={}, folder=tmp_path)
    assert config.settings.text("trading.asset") == "ETH"


def test_a_file_that_others_can_write_is_refused_on_mainnet_only(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[trading]\n")
    path.chmod(0o666)
    load(path=path, environment={}, flags={}, folder=tmp_path)
    with pytest.raises(ConfigError, match="writable by others"):
        load(path=path, environment={}, flags={"network.base_url": ("--network", "mainnet")}, folder=tmp_path)


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, '[trading]\nasset = "BTC"\nrisk_aversion = = 2\n')
    assert "c.toml:3" in found


_keys = st.sampled_from([row.name for row in PARAMETERS] + ["x", "private_key", "a.b", '"q"', "nan"])
_values = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.booleans().map(lambda flag: str(flag).lower()),
    st.text(max_size=8).map(lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'),
    st.sampled_from(["[]", "{}", "[1, [2]]", "1979-05-27", "07:32:00", "'''a\nb'''", "'ladder'", '"max"']),
)
_lines = st.one_of(
    st.sampled_from([f"[{section}]" for section in SECTIONS] + ["[[risk]]", "[a.b]", "[", "# note", ""]),
    st.tuples(_keys, _values).map(" = ".join),
    st.text(max_size=20),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_lines, max_size=12).map("\n".join))
def test_any_file_gives_settings_within_bounds_or_a_list_of_problems(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.toml").write_bytes(text.encode("utf-8", errors="surrogatepass"))
    refused: ConfigError | None = None
    try:
        config = load(path=tmp_path / "c.toml", environment={}, flags={}, folder=tmp_path)
    except ConfigError as error:
        refused = error
    if refused is not None:
        assert refused.problems
    else:
        assert not any(isinstance(row.check(value), Refusal) for row, value in config.settings.items())


def sample(shared: Path, document: str) -> str:
    (path,) = (shared / "requirements").glob(f"{document}_*")
    blocks = re.findall(r"```toml\n(.*?)```", path.read_text(), re.DOTALL)
    return next(block for block in blocks if "[trading]" in block)


def test_the_longer_sample_of_the_documents_is_valid(tmp_path: Path, shared: Path) -> None:
    config = loaded(tmp_path, sample(shared, "003"))
    assert config.settings.number("trading.target_liquidity") == 0.01
    assert config.settings.number("trading.max_bps_diff") == 5.0


def test_the_shorter_sample_breaks_the_size_rule_and_nothing_else(tmp_path: Path, shared: Path) -> None:
    (found,) = problems(tmp_path, sample(shared, "001"))
    assert "target_liquidity: 0.25 with max_absolute_position_size = 0.5; expected at most 0.4" in found


def test_the_generated_file_sets_every_default_and_is_free_of_notices(tmp_path: Path) -> None:
    config = loaded(tmp_path, generated())
    assert config.settings == Settings.defaults()
    assert config.notices == loaded(tmp_path, "").notices
    for row in PARAMETERS:
        assert re.search(rf"^(# )?{row.name} = ", generated(), re.MULTILINE)
        assert (config.sources[row.key] == "default") is (row.default is None)


def test_every_commented_example_is_a_value_that_would_be_taken() -> None:
    assert {row.key for row in PARAMETERS if row.default is None} == set(EXAMPLES)
    for key, value in EXAMPLES.items():
        assert not isinstance(parameter(key).check(value), Refusal)


def test_the_example_in_the_repository_is_the_generated_one() -> None:
    """When this fails: mmtui generate-config - > market_maker.toml.example"""
    assert (ROOT / "market_maker.toml.example").read_text() == generated()


def test_generate_never_writes_over_a_file_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "market_maker.toml"
    write_generated(path, force=False)
    assert path.read_text() == generated()
    path.write_text("mine")
    with pytest.raises(ConfigError, match="--force") as caught:
        write_generated(path, force=False)
    assert caught.value.exit_code == 2
    assert path.read_text() == "mine"
    write_generated(path, force=True)
    assert path.read_text() == generated()
    with pytest.raises(ConfigError, match="cannot be written"):
        write_generated(tmp_path / "no/such/folder.toml", force=False)


MINE = """# my notes
[trading]
asset = "ETH"   # the coin
risk_aversion = 0.3  # careful

[risk]
min_spread_floor = 2  # the documents' name
"""


def test_an_edit_changes_one_value_and_keeps_everything_else(tmp_path: Path) -> None:
    edited = with_values(MINE, {"trading.risk_aversion": 0.45})
    assert edited == MINE.replace("0.3", "0.45")
    config = loaded(tmp_path, with_values(MINE, {"risk.min_half_spread_bps": 2.5, "logging.level": "debug"}))
    assert config.settings.number("risk.min_half_spread_bps") == 2.5
    assert config.settings.text("logging.level") == "debug"


def test_an_edit_can_take_a_value_out_and_add_a_nested_section(tmp_path: Path) -> None:
    text = with_values(MINE, {"trading.risk_aversion": None, "strategy.ladder_config.num_levels": 7})
    config = loaded(tmp_path, text)
    assert config.sources["trading.risk_aversion"] == "default"
    assert config.settings.count("strategy.ladder_config.num_levels") == 7
    assert "# my notes" in text


def test_an_edit_of_a_file_that_is_not_toml_is_refused() -> None:
    for text in ("[trading", "trading = 3\n"):
        with pytest.raises(ConfigError, match="correct the file first"):
            with_values(text, {"trading.risk_aversion": 0.4})


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_edits_of_the_generated_file_read_back(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from([r for r in PARAMETERS if r.live and r.kind is Kind.NUMBER]))
    value = data.draw(st.floats(max(row.low, -1e9), min(row.high, 1e9)))
    text = with_values(generated(), {row.key: value})
    folder = tmp_path_factory.mktemp("edit")
    (folder / "c.toml").write_text(text)
    try:
        config = load(path=folder / "c.toml", environment={}, flags={}, folder=folder)
    except ConfigError:
        return  # the value alone is fine and a relation to another is not
    assert config.settings.value(row.key) == value
    changed = [a for a, b in zip(text.splitlines(), generated().splitlines(), strict=False) if a != b]
    assert len(changed) <= 1 or row.default is None


def test_an_endless_integer_is_one_line_like_any_other_problem(tmp_path: Path) -> None:
    path = tmp_path / "endless.toml"
    path.write_text("[risk]\nmax_daily_loss_usd = 0x" + "f" * 5_000 + "\n")
    with pytest.raises(ConfigError) as refused:
        load(path=path, environment={}, flags={}, folder=tmp_path)
    assert "max_daily_loss_usd" in str(refused.value)
    assert max(len(line) for line in str(refused.value).splitlines()) < 300
