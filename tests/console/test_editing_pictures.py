"""The parameters page with an edit previewed, as pictures on disk."""

from collections.abc import Callable

import pytest

from mmtui.console.app import ConsoleApp, ConsoleOptions
from tests.console.answering import AnsweringLink
from tests.console.pictures import a_view
from tests.console.test_editing import AVERSION

SnapCompare = Callable[..., bool]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
def test_an_edit_previewed(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    view = a_view()
    app = ConsoleApp(
        AnsweringLink(view),
        ConsoleOptions(theme="default", is_unicode=True),
        clock=lambda: 100.0,
        seconds=lambda: 5_000.0,
        is_ticking=False,
    )
    app.desk.look(app.moment())
    app.desk.drafts.stage_text(AVERSION, "0.4", view)
    assert snap_compare(app, press=["5", "j", "j", "j", "j", "0"], terminal_size=size)
