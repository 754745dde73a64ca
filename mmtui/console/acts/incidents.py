"""An incident bundle at a key: what was on the screen goes with it. Pure; the app reads the screen."""

from mmtui.console.desk import Desk, Handler
from mmtui.console.moment import Moment
from mmtui.console.outbox import Note
from mmtui.domain.consultations import BundleWritten, Finding, WriteBundle

LABEL = "bundle"


def _bundle(desk: Desk, _argument: str, now: Moment) -> None:
    if desk.findings.progress(LABEL):
        desk.say("bundle: one is being written", now)
    else:
        desk.say("bundle: writing; the engine goes on meanwhile", now)
        desk.wishes.append(("bundle", ""))


def ask_for_bundle(desk: Desk, screen: str, now: Moment) -> None:
    """Have a bundle written with the text of the screen as it was seen."""

    def told(finding: Finding) -> None:
        if isinstance(finding, BundleWritten):
            desk.note = Note(f"bundle: {finding.path}  {_size(finding)}", "ok", now.real)

    desk.findings.ask(desk.link, LABEL, lambda made: WriteBundle(id=made, screen=screen), now.real, told)


def _size(finding: BundleWritten) -> str:
    missing = ", ".join(part.partition(":")[0] for part in finding.missing)
    return f"{finding.size_bytes / 1e6:.2f} MB" + (f", without {missing}" if missing else "")


INCIDENTS: dict[str, Handler] = {"bundle": _bundle}
