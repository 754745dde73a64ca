"""Line 3: the worst thing that needs a person. Empty when nothing does, and never used for anything else."""

from mmtui.console.format import clock, cut, plain
from mmtui.console.rows import Line, Lines, block, spread
from mmtui.console.scene import Scene
from mmtui.console.sight import SILENT_S

SEVERE = 2


def rows(scene: Scene, width: int, height: int) -> Lines:
    """One line: silence first, then an unanswered command, then the engine's worst alarm, then our own."""
    return block([_line(scene, width)], width, height)


def _line(scene: Scene, width: int) -> Line:
    trouble = scene.desk.link.standing().trouble
    if scene.live is not None and trouble:
        text = f" !! NO CONNECTION {scene.age_s:.0f} s; `mmtui kill` works without one: {plain(trouble)} "
        return ((cut(text, width), "alarm"),)
    if scene.live is not None and scene.age_s > SILENT_S:
        text = f" !! ENGINE SILENT {scene.age_s:.1f} s: numbers below are old; pause and kill still go out "
        return ((cut(text, width), "alarm"),)
    unanswered = scene.desk.outbox.silence(scene.now.real)
    if unanswered:
        return ((cut(f" !! {unanswered} ", width), "alarm"),)
    alarms = scene.desk.sight.open_alarms()
    if alarms:
        worst = alarms[0]
        more = f"{len(alarms) - 1} more   " if len(alarms) > 1 else ""
        key = scene.keymap.key_of("acknowledge")
        right: Line = ((f"{more}{key} acknowledge ", "label"),)
        mark = "!!" if worst.severity >= SEVERE else "!"
        text = f" {mark} {clock(worst.since)} {plain(worst.text)} "
        is_tight = len(text) + len(right[0][0]) + 1 > width
        return spread(
            ((cut(text, width), "alarm" if worst.severity >= SEVERE else "warn"),), () if is_tight else right, width
        )
    if scene.health.alarms:
        count = len(scene.health.alarms) - 1
        more = f"{count} more, ? lists keys " if count else ""
        text = cut(f" ! {scene.health.alarms[0]}", width - len(more) - 1)
        return spread(((text, "warn"),), ((more, "label"),) if more else (), width)
    return ()
