"""No meaning by colour alone: with every style gone, letters, marks and words still tell all of it."""

import re

import pytest
from msgspec.structs import replace

from mmtui.console.screens.catalogue import BODIES, draw
from mmtui.console.themes.theming import ThemeShelf
from mmtui.domain.view import View
from tests.console.conftest import a_scene
from tests.console.pictures import a_session, a_view, an_engine, killed_view

SIZES = ((80, 24), (120, 40), (200, 60))


def screen(view: View, size: tuple[int, int], page: str = "main", **scene: object) -> str:
    return "\n".join(draw(a_scene(view, page=page, **scene), page, *size))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(60, 14), *SIZES], ids=str)
@pytest.mark.parametrize("kind", ["LIVE", "PAPER", "SIM", "DRY-RUN", "REPLAY"])
def test_the_kind_of_run_is_a_word(kind: str, size: tuple[int, int]) -> None:
    assert screen(a_view(session=a_session(run_kind=kind)), size).split("\n")[0].startswith(f" {kind} ")


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_own_sizes_of_the_two_sides_are_told_by_a_letter(size: tuple[int, int]) -> None:
    text = screen(a_view(), size)
    ladder = a_view().engine.ladder
    for rows, letter in ((ladder.bids, "B"), (ladder.asks, "S")):
        own = [row for row in rows if row.own_size]
        assert own
        assert len(re.findall(rf"\d\.\d+{letter}\b", text)) >= len(own)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_gain_and_loss_carry_their_sign(size: tuple[int, int]) -> None:
    engine = an_engine()
    for total, shown in ((184.22, "+184.22"), (-184.22, "-184.22")):
        assert shown in screen(a_view(engine=an_engine(pnl=replace(engine.pnl, total=total))), size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_alarms_carry_their_marks_and_what_is_killed_its_word(size: tuple[int, int]) -> None:
    assert screen(a_view(), size).split("\n")[2].strip().startswith("!")
    assert "KILLED" in screen(killed_view(), size)


@pytest.mark.parametrize("page", [page for page in BODIES if page != "help"])
def test_an_old_picture_says_so_in_words_on_every_page(page: str) -> None:
    fresh, old = (screen(a_view(), (120, 40), page, age_s=age) for age in (0.0, 7.0))
    assert "ENGINE SILENT 7.0 s" in old
    assert "ENGINE SILENT" not in fresh


def test_the_theme_without_colour_sets_apart_what_matters_by_attributes_alone() -> None:
    styles = ThemeShelf().get("mono").styles
    for role in ("own-bid", "own-ask", "warn", "bad", "alarm", "live", "held", "cursor", "chosen", "key"):
        style = styles[role]
        assert style.bold or style.reverse or style.underline, role
