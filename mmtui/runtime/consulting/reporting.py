"""The report of a session: from its journal, exact to the micro-USD, and from the last picture.

Reads the journal and writes files in a thread; never touches the engine. Money comes from journal rows; what only
the engine knows (markouts, latency, the request budget) comes from the picture and says so.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from mmtui.domain.consultations import Finding, Reported, ReportSection, Unable, WriteReport
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import LogLevel
from mmtui.domain.view import View
from mmtui.errors import MmtuiError
from mmtui.runtime.consulting.desk import Expert, Say
from mmtui.runtime.consulting.report_rows import read_rows
from mmtui.runtime.consulting.report_sections import sections
from mmtui.runtime.files import replace_file, utc_text

SCHEMA: Final = 1
FOLDER_MODE: Final = 0o700


class Subject(NamedTuple):
    """What a report is about: the journal, the session, the contract, where its files go, the last picture."""

    journal: Path
    run_id: str
    instrument: Instrument
    folder: Path
    market: str
    latest: Callable[[], View | None]
    clock: Callable[[], float]


def reporting(subject: Subject) -> Expert:
    """The expert of a run."""

    async def report(asked: WriteReport, _say: Say) -> Finding:
        found = await asyncio.to_thread(made, subject, asked.id)
        if found is None:
            return Unable(id=asked.id, text="the journal does not have this session yet; ask again in a second")
        if asked.to_files:
            paths = await asyncio.to_thread(write, subject, found)
            found = msgspec.structs.replace(found, paths=tuple(str(path) for path in paths))
        return found

    return report


async def write_last(subject: Subject, log: Callable[..., None]) -> None:
    """Writes the report of a session that is over; says where, or why not."""
    try:
        found = await asyncio.to_thread(made, subject, "end")
        paths = await asyncio.to_thread(write, subject, found) if found is not None else ()
    except (MmtuiError, OSError, msgspec.MsgspecError) as error:
        log(LogLevel.WARN, "The session report could not be written", reason=str(error))
    else:
        if paths:
            log(LogLevel.INFO, "Session report written", path=str(paths[0]))


def made(subject: Subject, report_id: str) -> Reported | None:
    """The report as of now; blocks on the disk."""
    kept = read_rows(subject.journal, subject.run_id)
    if kept is None:
        return None
    now = subject.clock()
    return Reported(id=report_id, at=now, sections=sections(kept, subject.instrument, subject.latest(), now))


def write(subject: Subject, report: Reported) -> tuple[Path, ...]:
    """Writes text, Markdown and JSON side by side; raises OSError."""
    folder = subject.folder / "reports"
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    stem = f"{subject.market}-{subject.run_id}"
    contents = ((".txt", as_text(report)), (".md", as_markdown(report)), (".json", as_json(report)))
    paths = []
    for suffix, content in contents:
        path = folder / f"{stem}{suffix}"
        replace_file(path, content.encode())
        paths.append(path)
    return tuple(paths)


def as_text(report: Reported) -> str:
    """Tables in columns."""
    parts = [f"mmtui session report, {utc_text(report.at)}", ""]
    for section in report.sections:
        parts.append(section.title.upper() + (f"  ({section.note})" if section.note else ""))
        table = [[_plain(cell) for cell in row] for row in (section.columns, *section.rows)]
        table = table if any(section.columns) else table[1:]
        widths = [max((len(row[place]) for row in table if place < len(row)), default=0)
                  for place in range(len(section.columns))]  # fmt: skip
        parts += [
            "  " + "  ".join(cell.ljust(widths[place]) for place, cell in enumerate(row)).rstrip() for row in table
        ]
        parts += ["  none"] if not section.rows else []
        parts.append("")
    return "\n".join(parts)


def as_markdown(report: Reported) -> str:
    """A heading and a table each."""
    parts = [f"# Session report, {utc_text(report.at)}", ""]
    for section in report.sections:
        parts += [f"## {section.title}", ""]
        if section.note:
            parts += [section.note, ""]
        if section.rows:
            parts.append("| " + " | ".join(_cell(name) for name in section.columns) + " |")
            parts.append("|" + " --- |" * len(section.columns))
            parts += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in section.rows]
        else:
            parts.append("None.")
        parts.append("")
    return "\n".join(parts)


def as_json(report: Reported) -> str:
    """The same tables for scripts."""
    content = {"schema": SCHEMA, "at": report.at, "sections": [_table(section) for section in report.sections]}
    return msgspec.json.format(msgspec.json.encode(content)).decode() + "\n"


def _table(section: ReportSection) -> dict[str, object]:
    return {
        "title": section.title,
        "note": section.note,
        "columns": list(section.columns),
        "rows": [list(row) for row in section.rows],
    }


def _cell(text: str) -> str:
    clean = _plain(text)
    for char in "\\|<>`*_[]":
        clean = clean.replace(char, "\\" + char)
    return clean


def _plain(text: str) -> str:
    """Foreign text without what a terminal would act on."""
    return "".join(char if char.isprintable() else " " for char in text)
