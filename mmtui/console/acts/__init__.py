"""What each action does to the desk and which command it sends."""

from mmtui.console.acts.editing import EDITING
from mmtui.console.acts.moving import MOVING
from mmtui.console.acts.nudging import NUDGING
from mmtui.console.acts.trading import TRADING
from mmtui.console.acts.viewing import VIEWING
from mmtui.console.desk import Handler

HANDLERS: dict[str, Handler] = {**TRADING, **NUDGING, **EDITING, **MOVING, **VIEWING}

__all__ = ["HANDLERS"]
