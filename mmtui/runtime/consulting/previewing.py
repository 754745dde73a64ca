"""The expert for previews: lends the engine's pure preview copies to use up.

Never steps the engine. The panel is only copied when the edit reaches the estimators.
"""

import asyncio
import pickle
from collections.abc import Callable

from mmtui.domain.consultations import Finding, Preview, Previewed, Unable
from mmtui.domain.view import Mode
from mmtui.engine.engine import Engine
from mmtui.engine.preview import Outlook, preview, reaches_estimators, reread
from mmtui.runtime.consulting.copying import copied, copied_in_pieces
from mmtui.runtime.consulting.desk import Expert, Say

NO_MARKET = "nothing to preview yet: no market data"
MOVED = "the market moved while the estimators were copied; it is asked again"
NO_COPY = "this strategy cannot be copied, so there is no preview of it; apply shows what it does"


def previewing(engine: Callable[[], Engine]) -> Expert:
    """The expert over the engine at work."""

    async def expert(asked: Preview, _: Say) -> Finding:
        found = await _looked(engine(), asked)
        return found if isinstance(found, Unable) else _previewed(asked, engine().now, found)

    return expert


async def _looked(engine: Engine, asked: Preview) -> Outlook | Unable:
    state, panel = engine.state, None
    try:
        if reaches_estimators(asked.changes):
            panel = await copied_in_pieces(state.panel)
            reread(state, engine.now, asked.changes, panel)
            await asyncio.sleep(0)
        strategies = copied(state.quoting.strategy), copied(state.quoting.strategy)
    except (TypeError, AttributeError, pickle.PicklingError):
        return Unable(id=asked.id, text=NO_COPY)
    except (LookupError, ArithmeticError):
        return Unable(id=asked.id, text=MOVED)
    await asyncio.sleep(0)
    outlook = preview(state, engine.now, asked.changes, strategies=strategies, panel=panel)
    return outlook if outlook is not None else Unable(id=asked.id, text=NO_MARKET)


def _previewed(asked: Preview, at: float, outlook: Outlook) -> Previewed:
    is_quoting = outlook.mode in (Mode.QUOTING, Mode.REDUCE_ONLY)
    note = "" if is_quoting else f"{outlook.mode.value} now: this is what would be quoted"
    return Previewed(
        id=asked.id,
        at=at,
        changes=asked.changes,
        now=outlook.now,
        then=outlook.then,
        refusal=outlook.refusal,
        note=note,
    )
