"""A person's own keys and written panes: all that is wrong is said at once, and nothing blocks or leaks."""

import os
import stat
from pathlib import Path

import pytest

from mmtui.console.keyfile import read_keymap, write_pane
from mmtui.console.keys import KILL_KEY
from mmtui.console.options import console_options
from mmtui.domain.parameters import Settings


def keymap_of(folder: Path, text: str):
    (folder / "keys.toml").write_text(text)
    return read_keymap(folder / "keys.toml", {})


def test_own_keys_are_added_and_what_they_take_away_is_told(tmp_path: Path) -> None:
    keymap = keymap_of(tmp_path, '"ö" = "pause"\n"+" = "hold"\nF5 = "redraw"\nf5 = "redraw"\n')
    assert keymap.keys_of["pause"] == ("p", "ctrl+p", "ö")
    assert keymap.keys_of["size-up"] == ()
    assert keymap.moved == ["+ is hold, no longer size-up (only by :size-up now)"]
    assert keymap.problems == [
        "key F5 is no key; write one character, f1 to f12, ctrl+a letter, or a name such as pageup"
    ]


def test_every_mistake_is_told_at_once_with_its_remedy(tmp_path: Path) -> None:
    text = '"ctrl+k" = "help"\n"ctrl+z" = "pause"\nenter = "flatten"\nm = "pasue"\nv = "rearm"\nz = 3\n'
    problems = keymap_of(tmp_path, text).problems
    assert len(problems) == 6
    assert "did you mean 'pause'?" in " ".join(problems)
    assert "type :rearm TEXT" in " ".join(problems)
    assert 'write z = "action"' in " ".join(problems)


def test_the_kill_key_kills_whatever_the_file_says(tmp_path: Path) -> None:
    for action in ("help", "nothing", "kill-now"):
        keymap = keymap_of(tmp_path, f'"{KILL_KEY}" = "{action}"\n')
        found = keymap.find(KILL_KEY, "main")
        assert found is not None
        assert found.id == "kill-now"
        assert len(keymap.problems) == 1


def test_a_key_can_be_taken_off(tmp_path: Path) -> None:
    keymap = keymap_of(tmp_path, '"-" = "nothing"\n')
    assert keymap.find("-", "main") is None
    assert keymap.problems == []


@pytest.mark.parametrize("text", ["m = ", "x" * 70_000, "a = " + "[" * 20_000], ids=["broken", "long", "deep"])
def test_a_file_that_is_not_toml_leaves_the_keys_as_shipped(tmp_path: Path, text: str) -> None:
    keymap = keymap_of(tmp_path, text)
    assert keymap.keys_of == read_keymap(None, {}).keys_of
    assert len(keymap.problems) == 1
    assert "keys.toml" in keymap.problems[0]


def test_a_pipe_in_the_place_of_the_file_does_not_hold_the_console_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "keys.toml")
    assert "not a file" in read_keymap(tmp_path / "keys.toml", {}).problems[0]


def test_no_file_is_no_mistake(tmp_path: Path) -> None:
    assert read_keymap(tmp_path / "keys.toml", {}).problems == []


def test_a_pane_is_written_for_its_owner_alone_and_never_over_another(tmp_path: Path) -> None:
    first = write_pane(tmp_path / "exports", "pnl-2026-11-20-120431", "total +1.00")
    second = write_pane(tmp_path / "exports", "pnl-2026-11-20-120431", "total +2.00")
    assert first != second
    assert first.read_text() == "total +1.00\n"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700


def test_a_console_looks_for_its_files_where_configuration_and_state_are(tmp_path: Path) -> None:
    options = console_options(
        Settings.defaults(),
        {"XDG_CONFIG_HOME": str(tmp_path / "etc")},
        name="ann",
        state=tmp_path / "state",
    )
    assert options.keys_file == tmp_path / "etc/mmtui/keys.toml"
    assert options.themes == tmp_path / "etc/mmtui/themes"
    assert options.exports == tmp_path / "state/exports"
