"""Feeds that go and come back, and moments in which the process did not run."""

from mmtui.domain.events import ConnectionChanged, Feed, LoopStalled
from mmtui.domain.intents import LogLevel
from mmtui.engine.orders import reconcile
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState

STALL_S = 2.0


def take_connection(state: EngineState, out: Outbox, event: ConnectionChanged) -> None:
    """Applies that a feed went down or came back."""
    out.log(
        LogLevel.INFO if event.is_up else LogLevel.WARN,
        "Feed up" if event.is_up else "Feed down",
        feed=event.feed.value,
        text=event.text,
    )
    if not event.is_up:
        state.control.down_since.setdefault(event.feed, out.now)
        state.tape.alarm(f"feed:{event.feed.name}", out.now, 2, f"{event.feed.value} down, reconnecting")
        return
    gap = state.control.down_since.pop(event.feed, None)
    state.tape.clear(f"feed:{event.feed.name}")
    if event.feed is Feed.MARKET and gap is not None:
        state.market.distrust()
    if event.feed is Feed.USER and gap is not None and state.account.is_anchored:
        state.account.doubt("the account stream was interrupted", _venue_ms(state))
        reconcile.ask_account(state, out)
    state.quoting.urgent = True


def _venue_ms(state: EngineState) -> int:
    touch = state.market.touch
    return touch.venue_time_ms if touch is not None else 0


def take_stall(state: EngineState, out: Outbox, event: LoopStalled) -> None:
    """Applies that the process did not run: what it believes may be old."""
    out.log(LogLevel.WARN, "Process stalled", seconds=round(event.stalled_s, 3))
    state.market.slept(event.stalled_s)
    if event.stalled_s >= STALL_S:
        state.market.distrust()
        if state.account.is_anchored:
            state.account.doubt("the process was stalled", _venue_ms(state))
            reconcile.ask_account(state, out)
