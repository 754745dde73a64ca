"""Included files: their place among the sources, every problem at once, what they may not hold."""

from pathlib import Path

import pytest

from mmtui.errors import ConfigError
from mmtui.runtime.config.loading import LoadedConfig, load
from mmtui.runtime.config.writing import generated, with_values

KEY = "0x" + "5a" * 32
PROFILE = "[estimators]\nkappa_prior = 3000\n[risk]\nsigma_baseline = 0.0003\n"


def loaded(folder: Path, text: str, *, variables: dict[str, str] | None = None) -> LoadedConfig:
    path = folder / "c.toml"
    path.write_text(text)
    return load(path=path, environment={"HOME": str(folder), **(variables or {})}, flags={}, folder=folder)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    assert caught.value.exit_code == 2
    return [str(problem) for problem in caught.value.problems]


def test_a_profile_stands_above_defaults_and_below_the_files_own_values(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(PROFILE)
    config = loaded(tmp_path, 'include = "profile.toml"\n[risk]\nsigma_baseline = 0.0004\n')
    assert config.settings.number("estimators.kappa_prior") == 3000
    assert config.sources["estimators.kappa_prior"].endswith("profile.toml:2")
    assert config.settings.number("risk.sigma_baseline") == 0.0004
    assert config.sources["risk.sigma_baseline"].endswith("c.toml:3")
    assert config.sources["estimators.kappa_prior_strength"] == "default"
    assert [line for line in config.notices if "included" in line] == [
        "not used from included files, because this file sets them too: risk.sigma_baseline"
    ]


def test_the_environment_stands_above_a_profile(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(PROFILE)
    config = loaded(tmp_path, 'include = "profile.toml"\n', variables={"MMTUI_ESTIMATORS_KAPPA_PRIOR": "900"})
    assert config.settings.number("estimators.kappa_prior") == 900


def test_of_several_included_files_the_last_weighs_most(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(PROFILE)
    (tmp_path / "b.toml").write_text("[estimators]\nkappa_prior = 4000\n")
    config = loaded(tmp_path, 'include = ["a.toml", "b.toml"]\n')
    assert config.settings.number("estimators.kappa_prior") == 4000
    assert config.settings.number("risk.sigma_baseline") == 0.0003


def test_an_included_file_is_looked_for_beside_the_one_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "profile.toml").write_text(PROFILE)
    assert loaded(tmp_path, 'include = "profile.toml"\n').settings.number("estimators.kappa_prior") == 3000


def test_everything_wrong_with_file_and_profile_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('include = "b.toml"\n[estimators]\nkapa_prior = 1\nkappa_min = -5\n[nonsense]\n')
    (tmp_path / "broken.toml").write_text("[estimators\n")
    found = problems(tmp_path, 'include = ["a.toml", "absent.toml", "broken.toml"]\n[trading]\naset = "BTC"\n')
    text = "\n".join(found)
    for part in (
        "a.toml:1 include: an included file that includes another",
        "a.toml:3 estimators.kapa_prior: no such setting",
        "a.toml:4 estimators.kappa_min: -5",
        "a.toml:5 nonsense: no such section",
        "c.toml:1 include: there is no file",
        "broken.toml",
        "c.toml:3 trading.aset",
    ):
        assert part in text, part
    assert len(found) == 7


@pytest.mark.parametrize("value", ["3", "[]", '["a.toml", 3]', '""', "true", "{ file = 1 }"])
def test_an_include_that_names_no_file_is_refused(tmp_path: Path, value: str) -> None:
    (found,) = problems(tmp_path, f"include = {value}\n")
    assert "c.toml:1 include: no file name" in found


def test_a_file_that_includes_itself_is_refused(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, 'include = "c.toml"\n')
    assert "includes another" in found


def test_a_key_in_a_profile_is_refused_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(f'[network]\nprivate_key = "{KEY}"\n')
    (found,) = problems(tmp_path, 'include = "profile.toml"\n')
    assert "profile.toml:2 network.private_key" in found
    assert "MMTUI_KEY_FILE" in found
    assert KEY not in found


def test_a_key_given_as_a_file_name_is_not_shown(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, f'include = "{KEY}"\n')
    assert KEY[2:] not in found


def test_on_mainnet_nobody_else_may_write_a_profile(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text(PROFILE)
    profile.chmod(0o666)
    (tmp_path / "c.toml").touch(mode=0o600)
    found = problems(tmp_path, 'include = "profile.toml"\n[network]\nbase_url = "mainnet"\n')
    assert [line for line in found if "writable by others" in line] == [
        f"{profile}: writable by others; expected a file only its owner can write, on mainnet (chmod 600)"
    ]


def test_an_edit_saved_to_the_file_keeps_the_include_and_stands_above_the_profile(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(PROFILE)
    path = tmp_path / "c.toml"
    path.write_text('include = "profile.toml"\n')
    path.write_text(with_values(path.read_text(), {"risk.sigma_baseline": 0.0005}))
    config = load(path=path, environment={}, flags={}, folder=tmp_path)
    assert config.settings.number("risk.sigma_baseline") == 0.0005
    assert config.settings.number("estimators.kappa_prior") == 3000


def test_the_generated_file_shows_how_to_include_and_the_line_works(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(PROFILE)
    text = generated().replace('# include = "profile.toml"', 'include = "profile.toml"')
    text = "\n".join(line for line in text.splitlines() if not line.startswith("kappa_prior "))
    assert loaded(tmp_path, text).sources["estimators.kappa_prior"].endswith("profile.toml:2")
