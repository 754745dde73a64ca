"""What each action does to the desk and which command it sends."""

from mmtui.console.acts.attending import ATTENDING
from mmtui.console.acts.browsing import BROWSING
from mmtui.console.acts.editing import EDITING
from mmtui.console.acts.incidents import INCIDENTS
from mmtui.console.acts.keeping import KEEPING_ACTS
from mmtui.console.acts.moving import MOVING
from mmtui.console.acts.nudging import NUDGING
from mmtui.console.acts.replaying import REPLAYING
from mmtui.console.acts.trading import TRADING
from mmtui.console.acts.viewing import VIEWING
from mmtui.console.desk import Handler

HANDLERS: dict[str, Handler] = {
    **TRADING,
    **NUDGING,
    **EDITING,
    **KEEPING_ACTS,
    **MOVING,
    **ATTENDING,
    **VIEWING,
    **INCIDENTS,
    **BROWSING,
    **REPLAYING,
}

__all__ = ["HANDLERS"]
