"""Moving about in a replay; in a live console these do nothing. Pure."""

from collections.abc import Callable

from mmtui.console.desk import Desk, Handler
from mmtui.console.moment import Moment
from mmtui.console.scrubbing import Player, player_of


def _with_player(do: Callable[[Player, str], str]) -> Handler:
    def handle(desk: Desk, argument: str, now: Moment) -> None:
        player = player_of(desk.link)
        if player is None:
            desk.say("this is no replay: `mmtui replay FILE` opens one", now, "warn")
            return
        said = do(player, argument)
        if said:
            desk.say(said, now)

    return handle


REPLAYING: dict[str, Handler] = {
    "play": _with_player(lambda player, _: player.toggle()),
    "faster": _with_player(lambda player, _: player.change_speed(1)),
    "slower": _with_player(lambda player, _: player.change_speed(-1)),
    "second-on": _with_player(lambda player, _: player.step(1.0)),
    "second-back": _with_player(lambda player, _: player.step(-1.0)),
    "minute-on": _with_player(lambda player, _: player.step(60.0)),
    "minute-back": _with_player(lambda player, _: player.step(-60.0)),
    "next-fill": _with_player(lambda player, _: player.jump("fill", 1)),
    "previous-fill": _with_player(lambda player, _: player.jump("fill", -1)),
    "next-warning": _with_player(lambda player, _: player.jump("warning", 1)),
    "previous-warning": _with_player(lambda player, _: player.jump("warning", -1)),
    "goto": _with_player(lambda player, argument: player.go_to(argument)),
}
