"""What a person may have worked out or written beside the engine, and what comes back.

A consultation never changes what the engine does: it previews, compares, reports or writes a file. It is
answered once, by its id, with the finding of its kind or with ``Unable``; long ones say ``Working`` before.
The console and the control socket send the same ones.
"""

from typing import TypeAlias

import msgspec

from mmtui.domain.parameters import Value
from mmtui.domain.view import LevelView


class Preview(msgspec.Struct, frozen=True, kw_only=True, tag="preview"):
    """The quotes that the strategy would want now with ``changes``, beside those that it wants without."""

    id: str
    changes: dict[str, Value]


class Rehearse(msgspec.Struct, frozen=True, kw_only=True, tag="rehearse"):
    """Trade the last ``span_s`` seconds of this market again, as configured and with ``changes``."""

    id: str
    changes: dict[str, Value]
    span_s: float = 300.0


class CostFlatten(msgspec.Struct, frozen=True, kw_only=True, tag="cost_flatten"):
    """What closing the position at market would send and cost now."""

    id: str


class TellOrder(msgspec.Struct, frozen=True, kw_only=True, tag="tell_order"):
    """The life of one own order."""

    id: str
    cloid: str


class SaveParameters(msgspec.Struct, frozen=True, kw_only=True, tag="save_parameters"):
    """Write live edits into the configuration file, comments kept; only shows the difference unless confirmed.

    ``diff_id`` names the finding whose difference was confirmed; the file must not have changed since.
    """

    id: str
    diff_id: str = ""


class ListPresets(msgspec.Struct, frozen=True, kw_only=True, tag="list_presets"):
    """The named sets of values there are."""

    id: str


class KeepPreset(msgspec.Struct, frozen=True, kw_only=True, tag="keep_preset"):
    """Keep ``values`` under a name."""

    id: str
    name: str
    values: dict[str, Value]


class ReadPreset(msgspec.Struct, frozen=True, kw_only=True, tag="read_preset"):
    """The values kept under a name, to be staged."""

    id: str
    name: str


class WriteReport(msgspec.Struct, frozen=True, kw_only=True, tag="write_report"):
    """The report of this session so far; written as files too if asked."""

    id: str
    to_files: bool = False


class WriteBundle(msgspec.Struct, frozen=True, kw_only=True, tag="write_bundle"):
    """A bundle of what is needed to look into an incident; ``screen`` is the text the person saw."""

    id: str
    screen: str = ""
    note: str = ""


Consultation: TypeAlias = (
    Preview
    | Rehearse
    | CostFlatten
    | TellOrder
    | SaveParameters
    | ListPresets
    | KeepPreset
    | ReadPreset
    | WriteReport
    | WriteBundle
)


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """One wanted ladder: its levels, the distance between its closest bid and ask, and the position limit.

    Of the orders that rest ``kept`` would stay and ``cancelled`` would go, and ``placed`` would be sent.
    """

    levels: tuple[LevelView, ...] = ()
    spread_bps: float | None = None
    limit: float = 0.0
    kept: int = 0
    cancelled: int = 0
    placed: int = 0
    note: str = ""


class Previewed(msgspec.Struct, frozen=True, kw_only=True, tag="previewed"):
    """The ladder as wanted now and as it would be with ``changes``; ``note`` is what a person should know of it.

    ``refusal`` says why the engine would not take the changes; there is nothing to ``then`` in that case.
    """

    id: str
    at: float
    changes: dict[str, Value]
    now: Sketch
    then: Sketch | None = None
    refusal: str = ""
    note: str = ""


class RehearsedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One figure of both runs; None where a run has none."""

    name: str
    unit: str
    now: float | None
    then: float | None


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True, tag="rehearsed"):
    """Both runs over the same recorded market; ``note`` says what such a comparison cannot know."""

    id: str
    from_at: float
    to_at: float
    rows: tuple[RehearsedRow, ...]
    note: str = ""


class FlattenCosted(msgspec.Struct, frozen=True, kw_only=True, tag="flatten_costed"):
    """The order that a flatten would send first and what closing all costs against the mid, fee included.

    ``size`` is base units, ``price`` the worst the first order would take, ``expected_price`` the average over the
    visible book (None where it does not hold enough). ``position`` is what is closed, signed, and ``worst_usd`` what
    it costs if all of it trades at the worst price.
    """

    id: str
    side: str
    size: float
    price: float
    expected_price: float | None
    cost_usd: float | None
    cost_bps: float | None
    orders: int
    position: float = 0.0
    worst_usd: float | None = None
    note: str = ""


class StoryLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One moment of an order: what happened, and what is known of it."""

    at: float
    what: str
    detail: str = ""


class OrderTold(msgspec.Struct, frozen=True, kw_only=True, tag="order_told"):
    """An order's life, oldest first, as it was known at an engine time."""

    id: str
    cloid: str
    lines: tuple[StoryLine, ...]
    at: float = 0.0


class Saved(msgspec.Struct, frozen=True, kw_only=True, tag="saved"):
    """The difference to the file at ``path``, as lines of a unified diff, and whether it was written."""

    id: str
    path: str
    diff: tuple[str, ...]
    is_written: bool


class Presets(msgspec.Struct, frozen=True, kw_only=True, tag="presets"):
    """Names, each with the values kept under it."""

    id: str
    names: tuple[str, ...]
    values: dict[str, Value] = {}
    text: str = ""


class ReportSection(msgspec.Struct, frozen=True, kw_only=True):
    """A table: column names and rows of cells as they are shown."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Reported(msgspec.Struct, frozen=True, kw_only=True, tag="reported"):
    """The session so far, and the files it was written to."""

    id: str
    at: float
    sections: tuple[ReportSection, ...]
    paths: tuple[str, ...] = ()


class BundleWritten(msgspec.Struct, frozen=True, kw_only=True, tag="bundle_written"):
    """Where the bundle is, its bytes, and what is missing from it."""

    id: str
    path: str
    size_bytes: int
    missing: tuple[str, ...] = ()


class Working(msgspec.Struct, frozen=True, kw_only=True, tag="working"):
    """A consultation goes on; another finding follows."""

    id: str
    text: str


class Unable(msgspec.Struct, frozen=True, kw_only=True, tag="unable"):
    """A consultation came to nothing, and why."""

    id: str
    text: str


Finding: TypeAlias = (
    Previewed | Rehearsed | FlattenCosted | OrderTold | Saved | Presets | Reported | BundleWritten | Working | Unable
)
