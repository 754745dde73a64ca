"""Themes: every file whole, legible, and understood without telling colours apart."""

import math
import os
from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style

from mmtui.console.themes.theming import ROLES, ThemeError, ThemeShelf, automatic, built_in, parse

NAMES = ("default", "ansi", "deutan", "mono", "light", "contrast", "classic")
COLOURED = ("default", "deutan", "light", "contrast", "classic")
APART_FOR_ALL = ("default", "deutan", "light", "contrast")
TEXT_ROLES = ("text", "label", "title", "bid", "ask", "gain", "loss", "ok", "warn", "bad", "stale", "key", "staged")
BLOCK_ROLES = ("alarm", "live", "paper", "sim", "held", "own-bid", "own-ask", "ask-block", "chosen")
MATRICES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
    "grey": ((0.2126, 0.7152, 0.0722),) * 3,
}  # fmt: skip
Rgb = tuple[float, float, float]
AT_A_GLANCE = 10.0


def linear(color: Color) -> Rgb:
    assert color.triplet is not None
    r, g, b = (c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color.triplet)
    return r, g, b


def luminance(rgb: Rgb) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(style: Style) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    a, b = sorted((luminance(linear(style.color)), luminance(linear(style.bgcolor))))
    return (b + 0.05) / (a + 0.05)


def seen(rgb: Rgb, matrix: tuple[tuple[float, ...], ...]) -> Rgb:
    r, g, b = (sum(row[i] * rgb[i] for i in range(3)) for row in matrix)
    return r, g, b


def lab(rgb: Rgb) -> Rgb:
    """CIE L*a*b* of linear sRGB, D65."""
    x, y, z = (
        (0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.95047,
        0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2],
        (0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.08883,
    )
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (max(c, 0.0) for c in (x, y, z)))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: Rgb, other: Rgb) -> float:
    """CIE76 colour difference: 2.3 can just be seen side by side, 10 at a glance."""
    return math.dist(lab(one), lab(other))


def test_all_themes_ship_and_each_is_whole() -> None:
    shelf = ThemeShelf()
    assert set(NAMES) <= set(shelf.names)
    assert shelf.problems == []
    for name in NAMES:
        assert set(shelf.get(name).styles) == set(ROLES)


@pytest.mark.parametrize("name", COLOURED)
def test_every_text_is_legible(name: str) -> None:
    theme = ThemeShelf().get(name)
    least = 7.0 if name == "contrast" else 4.5
    for role in TEXT_ROLES:
        assert contrast(theme.styles[role]) >= least, role
    for role in BLOCK_ROLES:
        assert contrast(theme.styles[role]) >= 4.5, role


def apart(name: str, vision: str, one: str, other: str, *, is_block: bool = False) -> float:
    styles, matrix = ThemeShelf().get(name).styles, MATRICES[vision]
    first, second = (style.bgcolor if is_block else style.color for style in (styles[one], styles[other]))
    assert first is not None
    assert second is not None
    return distance(seen(linear(first), matrix), seen(linear(second), matrix))


@pytest.mark.parametrize("vision", MATRICES)
@pytest.mark.parametrize("name", APART_FOR_ALL)
def test_sides_and_severities_stay_apart_for_every_kind_of_colour_vision(name: str, vision: str) -> None:
    assert apart(name, vision, "bid", "ask") > AT_A_GLANCE
    assert apart(name, vision, "own-bid", "own-ask", is_block=True) > AT_A_GLANCE
    assert apart(name, vision, "warn", "bad") > AT_A_GLANCE


@pytest.mark.parametrize("vision", MATRICES)
@pytest.mark.parametrize("name", COLOURED)
def test_live_can_never_be_taken_for_paper_or_a_simulation(name: str, vision: str) -> None:
    assert apart(name, vision, "live", "paper", is_block=True) > AT_A_GLANCE
    assert apart(name, vision, "live", "sim", is_block=True) > AT_A_GLANCE


def test_mono_uses_no_colour_and_ansi_only_the_terminals_own() -> None:
    shelf = ThemeShelf()
    for style in shelf.get("mono").styles.values():
        assert style.color is None
        assert style.bgcolor is None
    for style in shelf.get("ansi").styles.values():
        for color in (style.color, style.bgcolor):
            assert color is None or color.is_default or (color.number is not None and color.number < 16)


@pytest.mark.parametrize("name", ["mono", "ansi", "default"])
def test_what_matters_differs_from_plain_text_even_without_colour(name: str) -> None:
    styles = ThemeShelf().get(name).styles
    plain = (styles["text"].bold, styles["text"].reverse, styles["text"].bgcolor)
    for role in ("warn", "bad", "alarm", "live", "own-bid", "own-ask", "held"):
        assert (styles[role].bold, styles[role].reverse, styles[role].bgcolor) != plain, role


def test_nothing_blinks() -> None:
    for name in NAMES:
        assert not any(style.blink or style.blink2 for style in ThemeShelf().get(name).styles.values())


@pytest.mark.fault("F120")
def test_a_broken_theme_is_one_line_and_the_built_in_stands_in(tmp_path: Path) -> None:
    (tmp_path / "half.toml").write_text('[roles]\ntext = "red"\n')
    (tmp_path / "noise.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "odd.toml").write_text(
        "[roles]\n" + "\n".join(f'{role} = "not-a-colour-word at all"' for role in ROLES)
    )
    shelf = ThemeShelf(tmp_path)
    assert len(shelf.problems) == 3
    assert all("\n" not in problem for problem in shelf.problems)
    assert any("half.toml" in problem and "missing roles" in problem for problem in shelf.problems)
    assert shelf.get("half").styles == built_in().styles


@pytest.mark.fault("F120")
def test_a_hostile_theme_file_is_skipped_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "device.toml").symlink_to("/dev/zero")
    (tmp_path / "huge.toml").write_bytes(b"a" * 70_000)
    (tmp_path / "deep.toml").write_text("a = " + "[" * 30_000)
    (tmp_path / "digits.toml").write_text("a = " + "9" * 30_000)
    (tmp_path / "escape.toml").write_text('[roles]\n"\\u001b[31m" = "red"\n')
    shelf = ThemeShelf(tmp_path)
    assert sorted(problem.split()[1] for problem in shelf.problems) == [
        "deep.toml", "device.toml", "digits.toml", "escape.toml", "huge.toml", "pipe.toml",
    ]  # fmt: skip
    assert all(problem.isprintable() for problem in shelf.problems)
    assert "default" in shelf.names


def test_the_users_own_folder_comes_last_and_wins(tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_text("[roles]\n" + "\n".join(f'{role} = "bold"' for role in ROLES))
    assert ThemeShelf(tmp_path).get("default").styles["text"] == Style.parse("bold")


def test_an_unknown_role_names_itself() -> None:
    text = "[roles]\n" + "\n".join(f'{role} = "bold"' for role in ROLES) + '\nsparkle = "bold"\n'
    with pytest.raises(ThemeError, match="unknown roles: sparkle"):
        parse("x", text)


@pytest.mark.parametrize(
    ("environment", "name"),
    [({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "mono"),
     ({"SSH_CONNECTION": "a b", "COLORTERM": "truecolor"}, "ansi"),
     ({"TERM": "xterm"}, "ansi"), ({"COLORTERM": "truecolor"}, "default"), ({"TERM": "dumb"}, "mono")],
)  # fmt: skip
def test_the_theme_suits_the_terminal(environment: dict[str, str], name: str) -> None:
    assert automatic(environment) == name
