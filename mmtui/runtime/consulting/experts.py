"""Which expert answers which kind of consultation in a live session."""

from typing import TYPE_CHECKING

from mmtui.domain.consultations import Consultation, CostFlatten, Preview
from mmtui.runtime.consulting.desk import Expert
from mmtui.runtime.consulting.flattening import flattening
from mmtui.runtime.consulting.previewing import previewing

if TYPE_CHECKING:
    from mmtui.runtime.live import LiveSession


def experts_of(session: "LiveSession") -> dict[type[Consultation], Expert]:
    """The experts of a session; each works on what the session lends."""
    return {
        Preview: previewing(lambda: session.engine),
        CostFlatten: flattening(lambda: session.engine),
    }
