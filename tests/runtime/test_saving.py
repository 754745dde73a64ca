"""Live values into configuration files and presets: what is loaded again is what was saved, and all else stays."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mmtui.domain.consultations import KeepPreset, ListPresets, Presets, ReadPreset, Saved, SaveParameters
from mmtui.domain.parameters import PARAMETERS, Settings, Value, cross_problems, parameter
from mmtui.domain.parameters.schema import Kind, Parameter
from mmtui.errors import ConfigError
from mmtui.runtime.config import LoadedConfig, load, presets
from mmtui.runtime.config.saving import live_edits, prepared, write
from mmtui.runtime.config.writing import generated
from mmtui.runtime.consulting.saving import keeping, listing, reading, saving
from mmtui.runtime.files import replace_file

MINE = """# my maker
# second line

[trading]
asset = "ETH"   # the market
risk_aversion = 0.4  # calm

[strategy]
# levels by hand
ladder_config = { num_levels = 4, min_depth_bps = 6 }  # both
[strategy.hjb]
half_spread_bps = 7.5  # an older name, in another section

[risk]
max_drawdown_pct = 5
"""
LIVE = [row for row in PARAMETERS if row.live and not row.secret]


def a_value(row: Parameter) -> st.SearchStrategy[Value]:
    if row.kind is Kind.CHOICE:
        return st.sampled_from(row.choices)
    if row.kind is Kind.FLAG:
        return st.booleans()
    if row.kind is Kind.COUNT:
        return st.integers(int(row.low), int(row.high))
    if row.kind is Kind.NUMBER:
        return st.floats(row.low, row.high, allow_nan=False)
    return st.just(row.default)


EDITS = st.lists(st.sampled_from(LIVE), min_size=1, max_size=6, unique_by=lambda row: row.key).flatmap(
    lambda rows: st.fixed_dictionaries({row.key: a_value(row) for row in rows})
)


def loaded(path: Path, **environment: str) -> LoadedConfig:
    return load(path=path, environment=environment, flags={}, folder=path.parent)


def saved(config: LoadedConfig, edits: dict[str, Value], folder: Path) -> None:
    write(prepared(config, edits, folder))


def comments(text: str) -> list[str]:
    return [line[line.index("#") :].strip() for line in text.splitlines() if "#" in line]


def keys_in_order(text: str) -> list[str]:
    return [line.split("=")[0].strip() for line in text.splitlines() if "=" in line and not line.startswith("#")]


@pytest.mark.parametrize("text", [MINE, generated(), ""], ids=["by hand", "generated", "empty"])
@given(edits=EDITS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_loaded_after_saving_is_what_was_in_force_and_comments_and_order_stay(
    tmp_path: Path, text: str, edits: dict[str, Value]
) -> None:
    path = tmp_path / "market_maker.toml"
    path.write_text(text)
    config = loaded(path)
    wanted = config.settings.with_values(edits)
    assume(not cross_problems(wanted))
    saved(config, edits, tmp_path)
    after = path.read_text()
    assert loaded(path).settings == wanted
    assert [line for line in comments(text) if line not in comments(after)] == []
    before = keys_in_order(text)
    assert [key for key in keys_in_order(after) if key in before] == before


def test_the_difference_shows_only_the_lines_that_change(tmp_path: Path) -> None:
    path = tmp_path / "mm.toml"
    path.write_text(MINE)
    made = prepared(loaded(path), {"trading.risk_aversion": 0.5, "trading.max_bps_diff": 3.0}, tmp_path)
    changed = [line for line in made.diff if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == ["-risk_aversion = 0.4  # calm", "+risk_aversion = 0.5  # calm", "+max_bps_diff = 3.0"]
    assert path.read_text() == MINE


def test_an_older_name_in_another_section_is_the_one_that_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "mm.toml"
    path.write_text(MINE)
    saved(loaded(path), {"strategy.half_spread_bps": 9.0}, tmp_path)
    assert "half_spread_bps = 9.0  # an older name" in path.read_text()
    assert loaded(path).settings.number("strategy.half_spread_bps") == 9.0


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "mm.toml"
    real.write_text(MINE)
    real.chmod(0o640)
    link.symlink_to(real)
    saved(loaded(link), {"trading.risk_aversion": 0.5}, tmp_path)
    assert link.is_symlink()
    assert "risk_aversion = 0.5" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mm.toml", "real.toml"]


def test_a_file_that_changed_meanwhile_is_left(tmp_path: Path) -> None:
    path = tmp_path / "mm.toml"
    path.write_text(MINE)
    made = prepared(loaded(path), {"trading.risk_aversion": 0.5}, tmp_path)
    path.write_text(MINE + "# someone was here\n")
    with pytest.raises(ConfigError, match="has changed since the difference was shown"):
        write(made)
    assert path.read_text() == MINE + "# someone was here\n"


def test_a_file_that_the_run_did_not_read_is_named_as_such(tmp_path: Path) -> None:
    config = load(path=None, environment={}, flags={}, folder=tmp_path, reads_file=False)
    (tmp_path / "market_maker.toml").write_text(MINE)
    made = prepared(config, {"trading.risk_aversion": 0.5}, tmp_path)
    assert made.diff[-1].endswith("market_maker.toml is there, but this run did not read it")


def test_a_value_goes_into_the_file_that_gives_it(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text("# learned\n[estimators]\nkappa_min = 300.0\n")
    path = tmp_path / "mm.toml"
    path.write_text('include = "profile.toml"\n' + MINE)
    made = prepared(loaded(path), {"estimators.kappa_min": 400.0, "trading.risk_aversion": 0.5}, tmp_path)
    assert {edit.path.name for edit in made.edits} == {"profile.toml", "mm.toml"}
    write(made)
    assert (tmp_path / "profile.toml").read_text() == "# learned\n[estimators]\nkappa_min = 400.0\n"
    assert loaded(path).settings.number("estimators.kappa_min") == 400.0


def test_one_file_of_two_that_changed_leaves_both(tmp_path: Path) -> None:
    profile, path = tmp_path / "profile.toml", tmp_path / "mm.toml"
    profile.write_text("[estimators]\nkappa_min = 300.0\n")
    path.write_text('include = "profile.toml"\n' + MINE)
    made = prepared(loaded(path), {"trading.risk_aversion": 0.5, "estimators.kappa_min": 400.0}, tmp_path)
    profile.write_text("[estimators]\nkappa_min = 301.0\n")
    before = path.read_text()
    with pytest.raises(ConfigError):
        write(made)
    assert path.read_text() == before


def test_what_a_variable_or_a_flag_sets_is_named_and_left(tmp_path: Path) -> None:
    path = tmp_path / "mm.toml"
    path.write_text(MINE)
    config = load(
        path=path,
        environment={"MMTUI_TRADING_RISK_AVERSION": "0.7"},
        flags={"trading.max_bps_diff": ("--max-bps-diff", "4")},
        folder=tmp_path,
    )
    made = prepared(config, {"trading.risk_aversion": 0.5, "trading.max_bps_diff": 3.0}, tmp_path)
    assert made.edits == ()
    assert [line.split(",")[0] for line in made.elsewhere] == [
        "trading.risk_aversion is set by MMTUI_TRADING_RISK_AVERSION",
        "trading.max_bps_diff is set by --max-bps-diff",
    ]


def test_without_a_file_one_is_made_for_the_owner_alone(tmp_path: Path) -> None:
    config = load(path=None, environment={}, flags={}, folder=tmp_path)
    saved(config, {"trading.risk_aversion": 0.5}, tmp_path)
    path = tmp_path / "market_maker.toml"
    assert loaded(path).settings.number("trading.risk_aversion") == 0.5
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["private_key", '"private_key"', "  private_key  "])
@pytest.mark.parametrize("secret", ["0x" + "ab" * 32, "correct horse"])
def test_a_private_key_beside_a_change_is_neither_shown_nor_touched(tmp_path: Path, name: str, secret: str) -> None:
    path = tmp_path / "mm.toml"
    path.write_text(f'[trading]\nrisk_aversion = 0.4\n[network]\n{name} = "{secret}"\n')
    path.chmod(0o600)
    config = loaded(path)
    made = prepared(config, {"trading.risk_aversion": 0.5}, tmp_path)
    assert "+risk_aversion = 0.5" in made.diff
    assert any("private_key" in line for line in made.diff)
    assert all(secret not in line for line in made.diff)
    write(made)
    assert secret in path.read_text()
    assert [key for key in live_edits(config, Settings.defaults()) if parameter(key).secret] == []


def test_a_value_the_file_lacked_goes_above_the_comment_that_heads_the_next_table(tmp_path: Path) -> None:
    path = tmp_path / "mm.toml"
    path.write_text("[trading]\nrisk_aversion = 0.4\n\n# about risk\n[risk]\nmax_drawdown_pct = 5\n")
    saved(loaded(path), {"trading.max_bps_diff": 3.0}, tmp_path)
    assert "max_bps_diff = 3.0\n\n# about risk\n[risk]\n" in path.read_text()


def test_line_ends_of_another_system_stay(tmp_path: Path) -> None:
    path = tmp_path / "mm.toml"
    path.write_bytes(MINE.replace("\n", "\r\n").encode())
    saved(loaded(path), {"estimators.kappa_min": 400.0, "trading.risk_aversion": 0.5}, tmp_path)
    data = path.read_bytes()
    assert b"kappa_min = 400.0" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_a_file_made_read_only_is_left_and_said_before_anything_is_agreed_to(tmp_path: Path) -> None:
    path = tmp_path / "mm.toml"
    path.write_text(MINE)
    path.chmod(0o444)
    config = loaded(path)
    with pytest.raises(ConfigError, match="is read-only"):
        prepared(config, {"trading.risk_aversion": 0.5}, tmp_path)
    assert prepared(config, {"trading.risk_aversion": 0.4}, tmp_path).edits == ()


def test_a_disk_that_fills_between_two_files_says_which_one_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "profile.toml").write_text("[estimators]\nkappa_min = 300.0\n")
    path = tmp_path / "mm.toml"
    path.write_text('include = "profile.toml"\n' + MINE)
    config = loaded(path)
    made = prepared(config, {"estimators.kappa_min": 400.0, "trading.risk_aversion": 0.5}, tmp_path)
    left, real = [1], os.write

    def one_only(descriptor: int, data: bytes) -> int:
        left[0] -= 1
        return real(descriptor, data) if left[0] >= 0 else 0

    monkeypatch.setattr("mmtui.runtime.files.os.write", one_only)
    with pytest.raises(ConfigError, match=r"cannot be written: No space left on device; .* is written already"):
        write(made)
    monkeypatch.undo()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mm.toml", "profile.toml"]
    saved(config, {"estimators.kappa_min": 400.0, "trading.risk_aversion": 0.5}, tmp_path)
    assert loaded(path).settings.number("trading.risk_aversion") == 0.5


def test_of_two_saves_at_once_only_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mm.toml"
    path.write_text(MINE)
    config = loaded(path)
    first, second = (prepared(config, {"trading.risk_aversion": value}, tmp_path) for value in (0.5, 0.6))

    def meanwhile(place: Path, data: bytes, *, mode: int) -> None:
        with pytest.raises(ConfigError, match="another save is under way"):
            write(second)
        replace_file(place, data, mode=mode)

    monkeypatch.setattr("mmtui.runtime.config.saving.replace_file", meanwhile)
    write(first)
    monkeypatch.undo()
    with pytest.raises(ConfigError, match="has changed since"):
        write(second)
    assert loaded(path).settings.number("trading.risk_aversion") == 0.5


async def test_the_expert_writes_only_the_difference_that_was_agreed_to(tmp_path: Path) -> None:
    path = tmp_path / "mm.toml"
    path.write_text(MINE)
    config = loaded(path)
    now = [config.settings.with_values({"trading.risk_aversion": 0.5})]
    expert = saving(config, lambda: now[0], tmp_path)
    shown = await expert(SaveParameters(id="a"), lambda _: None)
    assert isinstance(shown, Saved) and not shown.is_written
    now[0] = config.settings.with_values({"trading.risk_aversion": 0.9})
    done = await expert(SaveParameters(id="b", diff_id="a"), lambda _: None)
    assert isinstance(done, Saved) and done.is_written and done.diff == shown.diff
    assert loaded(path).settings.number("trading.risk_aversion") == 0.5
    with pytest.raises(ConfigError, match="no longer known"):
        await expert(SaveParameters(id="c", diff_id="a"), lambda _: None)
    now[0] = config.settings
    back = await expert(SaveParameters(id="d"), lambda _: None)
    assert isinstance(back, Saved)
    assert "+risk_aversion = 0.4  # calm" in back.diff


async def test_presets_are_kept_listed_and_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "presets"
    values: dict[str, Value] = {"trading.risk_aversion": 0.5, "strategy.glft_mode": "glft_exact"}
    kept = await keeping(folder)(KeepPreset(id="a", name="calm-day", values=values), lambda _: None)
    assert isinstance(kept, Presets) and kept.text == "preset calm-day kept: 2 values"
    again = await keeping(folder)(KeepPreset(id="b", name="calm-day", values=values), lambda _: None)
    assert isinstance(again, Presets) and again.text.startswith("preset calm-day replaced")
    listed = await listing(folder)(ListPresets(id="c"), lambda _: None)
    assert isinstance(listed, Presets) and listed.names == ("calm-day",)
    read = await reading(folder)(ReadPreset(id="d", name="calm-day"), lambda _: None)
    assert isinstance(read, Presets) and read.values == values and not read.text
    assert oct((folder / "calm-day.toml").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "/etc/passwd", ".hidden", "x" * 41, "a b", "ä", "x.toml"])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "presets"
    for act in (lambda: presets.keep(folder, name, {"trading.risk_aversion": 0.5}), lambda: presets.read(folder, name)):
        with pytest.raises(ConfigError, match="no such name"):
            act()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[trading\n", "is broken"),
        ("[trading]\nrisk_aversion = 9\n", "trading.risk_aversion: 9; expected 0.05 to 2"),
        ("[trading]\nasset = 'ETH'\n", "cannot be changed while running"),
        ("[network]\nprivate_key = 'x'\n", "cannot be changed while running"),
        ("[trading]\nnonsense = 1\n", "no such setting: trading.nonsense"),
        ("", "holds no values"),
    ],
)
def test_a_broken_preset_is_told_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "odd.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        presets.read(tmp_path, "odd")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_value_of_no_setting_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such setting: trading\.nonsense"):
        presets.keep(tmp_path, "odd", {"trading.nonsense": 1})
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_preset_names_those_there_are(tmp_path: Path) -> None:
    presets.keep(tmp_path, "calm", {"trading.risk_aversion": 0.5})
    with pytest.raises(ConfigError) as caught:
        presets.read(tmp_path, "wild")
    assert "calm" in f"{caught.value} {caught.value.remedy}"
