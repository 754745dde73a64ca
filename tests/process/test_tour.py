"""A whole session at the keys of real terminals, at three sizes: what the screens say is what the book holds."""

import pytest

from tests.process import tmux
from tests.process.tour import SIZES, Tour

pytestmark = [pytest.mark.process, pytest.mark.skipif(not tmux.is_there(), reason="there is no tmux")]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_session_from_start_to_quit_with_edits_a_kill_and_another_terminal(programs, width, height) -> None:
    tour = Tour(programs, width, height)
    try:
        scenes = list(tour.scenes())
    finally:
        tour.close()
    assert len(scenes) >= 12
    for scene in scenes:
        assert "pane error" not in scene.screen, scene
        assert "defect" not in scene.screen, scene
        assert max(map(len, scene.screen.split("\n"))) <= width
