"""A link that answers at once, with fixed findings, what the pages ask for."""

from mmtui.domain.consultations import (
    Consultation,
    OrderTold,
    Preview,
    Previewed,
    Reported,
    ReportSection,
    Sketch,
    StoryLine,
    TellOrder,
    WriteReport,
)
from mmtui.domain.view import LevelView
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT


def a_sketch(half_usd: float, **fields: object) -> Sketch:
    levels = [
        LevelView(side=side, level=i, price=64249.0 - sign * (half_usd + 2 * i), size=0.05 * (i + 1), reference=64249.0)
        for side, sign in (("BUY", 1), ("SELL", -1))
        for i in range(2)
    ]
    values = {"spread_bps": 2 * half_usd / 64249.0 * 1e4, "limit": 1.0, "kept": 4, **fields}
    return Sketch(levels=tuple(levels), **values)  # type: ignore[arg-type]


def a_preview(asked: Preview, **fields: object) -> Previewed:
    values = {"now": a_sketch(1.0), "then": a_sketch(3.5, kept=0, cancelled=4, placed=4), **fields}
    return Previewed(id=asked.id, at=AT, changes=asked.changes, **values)  # type: ignore[arg-type]


class AnsweringLink(MemoryLink):
    """Answers at once previews and what the pages for looking back ask for."""

    def consult(self, consultation: Consultation) -> None:
        if isinstance(consultation, TellOrder):
            told = (
                (41.0, "SELL sent", "0.15 at 64256, Alo, level 2, decided 0.4 ms before"),
                (40.929, "rests in the book", "71.2 ms after it was sent, oid 91490942002"),
                (40.9, "seen in its queue", "14.9 ahead, chance to fill 4%"),
                (12.0, "moved up", "11.2 ahead, chance to fill 7%"),
            )
            lines = tuple(StoryLine(at=AT - ago, what=what, detail=detail) for ago, what, detail in told)
            self.find(OrderTold(id=consultation.id, cloid=consultation.cloid, lines=lines, at=AT))
        elif isinstance(consultation, Preview):
            self.find(a_preview(consultation))
        elif isinstance(consultation, WriteReport):
            session = (("run", "r-20261120-a"), ("market", "mainnet BTC"), ("lasted", "3:12:44"))
            money = (
                ("total", "+184.220000", "+6.419"),
                ("edge at fills", "+241.100000", "+8.400"),
                ("adverse selection", "-10.270000", "-0.358"),
                ("inventory", "-31.070000", "-1.083"),
                ("fees", "-18.660000", "-0.650"),
                ("funding", "+3.120000", "+0.109"),
            )
            orders = (("sent", "1204", ""), ("filled whole", "205", "17.0%"), ("Cancelled", "986", "81.9%"))
            sections = (
                ReportSection(title="Session", columns=("", ""), rows=session),
                ReportSection(title="P&L by cause", columns=("cause", "USD", "bp of volume"), rows=money),
                ReportSection(title="Orders", columns=("last known state", "orders", "share"), rows=orders),
                ReportSection(title="Incidents", columns=("time", "code", "what"), rows=()),
            )
            self.find(Reported(id=consultation.id, at=AT - 3, sections=sections))
