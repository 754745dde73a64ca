"""What the first line says of the guards outside the engine."""

import pytest

from mmtui.console.panes.guards import banner, in_full
from mmtui.console.rows import ASCII_GLYPHS, UNICODE_GLYPHS
from mmtui.domain.view import GuardView, View
from tests.console.pictures import a_session, a_view, an_engine

SWITCH = GuardView(name="exchange switch", state="armed", expires_in_s=24.4)
NO_SWITCH = GuardView(name="exchange switch", state="not eligible", detail="$12,000 of $1,000,000 traded")
GUARD = GuardView(name="guard", state="armed")
LOST = GuardView(name="guard", state="lost", detail="the guard ended")


def seen(run_kind: str, guards: tuple[GuardView, ...]) -> View:
    return a_view(session=a_session(run_kind=run_kind), engine=an_engine(guards=guards))


def told(*guards: GuardView, run_kind: str = "LIVE", is_wide: bool = True) -> tuple[str, str]:
    view = seen(run_kind, guards)
    line = banner(view, UNICODE_GLYPHS, is_wide=is_wide)
    return ("".join(text for text, _ in line), line[0][1] if line else "")


@pytest.mark.parametrize(
    ("guards", "wide", "narrow", "role"),
    [
        ((SWITCH, GUARD), "guard · switch 24 s", "guard · switch 24 s", "label"),
        ((NO_SWITCH, GUARD), "guard · no exchange switch", "guard · no switch", "warn"),
        ((SWITCH, LOST), "no guard process · switch 24 s", "no guard · switch 24 s", "warn"),
        ((SWITCH,), "no guard process · switch 24 s", "no guard · switch 24 s", "warn"),
        ((NO_SWITCH, LOST), "NO GUARD", "NO GUARD", "bad"),
        ((), "NO GUARD", "NO GUARD", "bad"),
    ],
)
def test_the_banner_names_what_is_armed_and_what_is_missing(
    guards: tuple[GuardView, ...], wide: str, narrow: str, role: str
) -> None:
    assert told(*guards) == (wide, role)
    assert told(*guards, is_wide=False) == (narrow, role)


def test_where_the_exchange_dies_with_us_nothing_is_missing() -> None:
    assert told(NO_SWITCH, run_kind="SIM") == ("", "")
    assert told(NO_SWITCH, GUARD, run_kind="SIM")[0] == "guard · no exchange switch"


def test_a_terminal_without_unicode_gets_a_comma() -> None:
    line = banner(seen("LIVE", (SWITCH, GUARD)), ASCII_GLYPHS, is_wide=True)
    assert line == (("guard, switch 24 s", "label"),)


def test_in_full_says_why() -> None:
    assert in_full(seen("LIVE", (NO_SWITCH, GUARD))) == (
        ("exchange switch not eligible ($12,000 of $1,000,000 traded), guard armed", "text"),
    )
    assert in_full(seen("LIVE", (SWITCH, LOST)))[0][0] == "exchange switch armed 24 s, guard lost (the guard ended)"
    assert in_full(seen("LIVE", ())) == (("none", "warn"),)
