"""The expert for previews: lends the engine's pure preview copies to use up, in pieces short enough for the loop.

Owns the copying. A piece is one callback: the panel is only copied when the edit reaches the estimators, and then in
two pieces of its own, so that no market event waits for the whole.
"""

import asyncio
import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from mmtui.domain.consultations import Finding, Preview, Previewed, Unable
from mmtui.domain.view import Mode
from mmtui.engine.engine import Engine
from mmtui.engine.preview import Outlook, preview, reaches_estimators
from mmtui.runtime.consulting.desk import Expert, Say

if TYPE_CHECKING:
    from mmtui.estimators.panel import EstimatorPanel

Copied = TypeVar("Copied")
NO_MARKET = "nothing to preview yet: no market data"
NO_COPY = "this strategy cannot be copied, so there is no preview of it; apply shows what it does"


def previewing(engine: Callable[[], Engine]) -> Expert:
    """The expert over the engine at work."""

    async def expert(asked: Preview, _: Say) -> Finding:
        found = await _looked(engine(), asked)
        return found if isinstance(found, Unable) else _previewed(asked, engine().now, found)

    return expert


async def _looked(engine: Engine, asked: Preview) -> Outlook | Unable:
    panel: EstimatorPanel | None = None
    if reaches_estimators(asked.changes):
        data = pickle.dumps(engine.state.panel, pickle.HIGHEST_PROTOCOL)
        await asyncio.sleep(0)
        panel = pickle.loads(data)  # noqa: S301 - made a moment ago, here
        await asyncio.sleep(0)
    try:
        strategies = _copied(engine.state.quoting.strategy), _copied(engine.state.quoting.strategy)
    except (TypeError, AttributeError, pickle.PicklingError):
        return Unable(id=asked.id, text=NO_COPY)
    outlook = preview(engine.state, engine.now, asked.changes, strategies=strategies, panel=panel)
    return outlook if outlook is not None else Unable(id=asked.id, text=NO_MARKET)


def _copied(value: Copied) -> Copied:
    copied: Copied = pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))  # noqa: S301 - our own, made here
    return copied


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
