"""What keys do on the pages for looking back: chart, orders, fills, log, report. Pure; nothing here trades."""

from mmtui.console.desk import Desk, Handler
from mmtui.console.moment import Moment
from mmtui.console.pages.log import listed, lookout
from mmtui.console.pages.orders import chosen_order
from mmtui.console.pages.series import MORE, RANGES
from mmtui.domain.consultations import Reported, TellOrder, WriteReport

LISTS = ("fills",)
STORY, REPORT = "the order's life", "report"


def _range(step: int) -> Handler:
    def handle(desk: Desk, _argument: str, _now: Moment) -> None:
        steps = desk.cursors.steps
        steps["range"] = min(max(steps.get("range", 0) + step, 0), len(RANGES) - 1)
        steps["back"] = 0

    return handle


def _look(step: int) -> Handler:
    def handle(desk: Desk, _argument: str, _now: Moment) -> None:
        steps = desk.cursors.steps
        steps["back"] = max(steps.get("back", 0) + step, 0)

    return handle


def _newest(desk: Desk, _argument: str, _now: Moment) -> None:
    desk.cursors.steps["back"] = 0


def _figure(desk: Desk, _argument: str, _now: Moment) -> None:
    steps = desk.cursors.steps
    steps["figure"] = (steps.get("figure", 0) + 1) % len(MORE)


def _story(desk: Desk, _argument: str, now: Moment) -> None:
    row = chosen_order(desk, desk.sight.held or desk.sight.view)
    if row is None:
        desk.say("no order to tell of", now)
        return
    cloid = row.cloid
    desk.findings.ask(desk.link, STORY, lambda made: TellOrder(id=made, cloid=cloid), now.real)


def _find(step: int) -> Handler:
    def handle(desk: Desk, _argument: str, now: Moment) -> None:
        view = desk.sight.held or desk.sight.view
        needle = desk.cursors.filters.get("log", "")
        if view is None:
            return
        if needle:
            desk.cursors.steps["log-context"] = 1
        lines = listed(view, desk.cursors)
        place = desk.cursors.chosen.get("log", 0) + step
        while 0 <= place < len(lines) and not lookout(lines[place], needle):
            place += step
        if 0 <= place < len(lines):
            desk.cursors.chosen["log"] = place
        else:
            what = f"with {needle!r}" if needle else "of a warning or worse"
            desk.say(f"no {'older' if step > 0 else 'newer'} line {what}", now)

    return handle


def ask_report(desk: Desk, now: Moment, *, to_files: bool = False) -> None:
    """Have the report worked out, and written if so wanted."""

    def written(finding: object) -> None:
        if isinstance(finding, Reported) and finding.paths:
            stem, _, first = finding.paths[0].rpartition(".")
            kinds = [first, *(path.rpartition(".")[2] for path in finding.paths[1:])]
            desk.say(f"report written: {stem}.{{{','.join(kinds)}}}", now, "ok")

    desk.findings.ask(
        desk.link, REPORT, lambda made: WriteReport(id=made, to_files=to_files), now.real, written if to_files else None
    )


def _report(desk: Desk, _argument: str, now: Moment) -> None:
    desk.cursors.open("report")
    if desk.findings.latest(Reported) is None:
        ask_report(desk, now)


def _report_again(desk: Desk, _argument: str, now: Moment) -> None:
    ask_report(desk, now)


def _report_write(desk: Desk, _argument: str, now: Moment) -> None:
    ask_report(desk, now, to_files=True)


def _export(desk: Desk, argument: str, now: Moment) -> None:
    name = argument.strip().lower()
    if name not in LISTS:
        desk.say(f"{name!r} cannot be exported; have {', '.join(LISTS)}", now, "warn")
    else:
        desk.wishes.append(("export", name))


BROWSING: dict[str, Handler] = {
    "shorter": _range(-1),
    "longer": _range(1),
    "look-back": _look(1),
    "look-forward": _look(-1),
    "look-newest": _newest,
    "figure": _figure,
    "story": _story,
    "find-next": _find(1),
    "find-previous": _find(-1),
    "report": _report,
    "report-again": _report_again,
    "report-write": _report_write,
    "export": _export,
}
