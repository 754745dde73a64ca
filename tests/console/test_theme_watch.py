"""Own themes while the console runs: a changed file shows, a broken one changes nothing but says so."""

import os
from pathlib import Path

import pytest

from mmtui.console.themes.theming import FILES_MAX, ROLES, ThemeError, ThemeShelf, is_unicode, parse, stamp
from mmtui.console.themes.watch import ThemeWatch
from tests.console.pictures import a_session, a_view
from tests.console.test_app import Stage, a_stage


def a_theme(look: str, **tables: dict[str, str]) -> str:
    lines = ["[roles]", *(f'{role} = "{look}"' for role in ROLES)]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f'{key} = "{value}"' for key, value in table.items())]
    return "\n".join(lines)


def changed(path: Path, text: str) -> None:
    """Writes the file as an editor does, with another time than before."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def look_again(stage: Stage) -> None:
    watch = stage.app.painter.watch
    assert watch is not None
    watch.look()
    stage.app.draw_all()


async def test_a_theme_that_is_saved_shows_at_once_and_a_broken_one_keeps_what_is_on_screen(tmp_path: Path) -> None:
    changed(tmp_path / "mine.toml", a_theme("red"))
    async with a_stage(a_view(session=a_session(run_kind="SIM")), themes=tmp_path) as stage:
        await stage.press(":", *"theme", "space", *"mine", "enter")
        assert stage.app.painter.theme.styles["text"].color.name == "red"  # type: ignore[union-attr]
        changed(tmp_path / "mine.toml", a_theme("green"))
        look_again(stage)
        assert stage.app.painter.theme.styles["text"].color.name == "green"  # type: ignore[union-attr]
        assert "themes read again: mine" in stage.text("bottom")
        changed(tmp_path / "mine.toml", '[roles]\ntext = "red"\n')
        look_again(stage)
        assert stage.app.painter.theme.styles["text"].color.name == "green"  # type: ignore[union-attr]
        assert "theme mine.toml skipped: missing roles: label" in stage.text("bottom")


async def test_a_live_engines_own_console_does_not_repaint_for_a_file(tmp_path: Path) -> None:
    async with a_stage(themes=tmp_path) as stage:
        before = stage.app.painter.theme
        changed(tmp_path / "mono.toml", a_theme("red"))
        look_again(stage)
        assert stage.app.painter.theme is before


async def test_live_may_look_unlike_a_simulation(tmp_path: Path) -> None:
    changed(tmp_path / "mono.toml", a_theme("bold", mode_of={"LIVE": "light", "PAPER": "no-such-theme"}))
    for kind, name in (("LIVE", "light"), ("SIM", "mono"), ("PAPER", "built-in")):
        async with a_stage(a_view(session=a_session(run_kind=kind)), themes=tmp_path) as stage:
            stage.app.draw_all()
            assert stage.app.painter.theme.name == name


def test_nothing_is_read_while_no_file_changes(tmp_path: Path) -> None:
    changed(tmp_path / "mine.toml", a_theme("red"))
    watch = ThemeWatch(tmp_path)
    watch.look()
    assert watch.take() is None
    changed(tmp_path / "mine.toml", a_theme("blue"))
    watch.look()
    assert watch.take() is not None
    assert watch.take() is None
    (tmp_path / "mine.toml").unlink()
    watch.look()
    shelf = watch.take()
    assert shelf is not None
    assert "mine" not in shelf.themes


def test_a_hostile_folder_costs_no_more_than_a_few_files(tmp_path: Path) -> None:
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    assert {mark[0] for mark in stamp(tmp_path)} == {"folder.toml", "pipe.toml"}
    for count in range(FILES_MAX + 50):
        (tmp_path / f"t{count}.toml").touch()
    assert len(stamp(tmp_path)) <= FILES_MAX
    assert len(ThemeShelf(tmp_path).problems) <= FILES_MAX
    assert stamp(tmp_path / "absent") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (a_theme("red", mode_of={"MONDAY": "light"}), "mode_of MONDAY"),
        ("ansi = true\n" + a_theme("#102030"), "role text: #102030 is not one of the terminal's sixteen colours"),
        ('sparkle = "yes"\n' + a_theme("red"), "unknown field: sparkle"),
        ("mode_of = 3\n" + a_theme("red"), "mode_of must be a table"),
    ],
)
def test_what_is_wrong_with_a_theme_is_named(text: str, said: str) -> None:
    with pytest.raises(ThemeError, match=said):
        parse("x", text)


@pytest.mark.parametrize(
    ("environment", "is_c_locale", "is_trusted"),
    [
        ({"LANG": "en_US.UTF-8"}, False, True),
        ({"LC_ALL": "C.UTF-8"}, False, True),
        ({"LC_CTYPE": "UTF-8"}, False, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False, False),
        ({"LANG": "en_US.ISO-8859-1"}, False, False),
        ({"LANG": "ja_JP.UTF-8"}, False, False),
        ({"LANG": "zh_CN.UTF-8@pinyin"}, False, False),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, False, False),
        ({}, False, False),
    ],
)
def test_blocks_and_braille_go_only_where_they_are_one_cell_wide(
    environment: dict[str, str], is_c_locale: bool, is_trusted: bool
) -> None:
    assert is_unicode(environment, is_c_locale=is_c_locale) is is_trusted
