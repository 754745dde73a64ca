"""Holds the whole run to one rule: the signing key of the tests appears in nothing that a run leaves behind.

Hooks for ``conftest.py``. What a test prints is searched as its report comes in, the command line of each
child as it is started, and every file below the run's temporary folder at the end, on the one process that
sees them all when several run. A hit fails the run, whatever its tests said.
"""

import sys
from pathlib import Path

import pytest

from tests.canary import leaks_below, leaks_in

SNAPSHOTS = Path(__file__).parent / "console" / "__snapshots__"
LEAKS = pytest.StashKey[list[str]]()
_reported: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    """Begins to look at the command lines of children."""
    leaks: list[str] = []
    config.stash[LEAKS] = leaks

    def started(event: str, arguments: tuple[object, ...]) -> None:
        if event == "subprocess.Popen":
            leaks.extend(f"the command line of a child holds the key as {name}" for name in leaks_in(_words(arguments)))

    sys.addaudithook(started)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Searches what a test wrote and how it failed."""
    parts = [text for _, text in report.sections]
    if report.longrepr is not None:
        parts.append(report.longreprtext)
    found = leaks_in("\n".join(parts).encode(errors="surrogateescape"))
    if found:
        _reported.append(report.nodeid)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} wrote the signing key as {', '.join(found)}"
        report.sections.clear()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Fails the test that started a child with the key in its command line."""
    leaks = item.config.stash[LEAKS]
    if leaks:
        said, leaks[:] = list(leaks), []
        pytest.fail("; ".join(said), pytrace=False)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Searches every file of the run; with several processes, on the one that outlives them."""
    if hasattr(session.config, "workerinput"):
        return
    if _reported:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is None or not _is_used(factory):
        return
    leaks = list(leaks_below([factory.getbasetemp(), SNAPSHOTS]))
    session.config.stash[LEAKS] = leaks
    if leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Names each leak."""
    leaks = config.stash.get(LEAKS, [])
    if leaks:
        terminalreporter.section("the signing key was found", red=True, bold=True)
        for leak in leaks:
            terminalreporter.line(leak)


def _is_used(factory: object) -> bool:
    """Whether anything was written: asking for the folder would make one."""
    return getattr(factory, "_basetemp", None) is not None or getattr(factory, "_given_basetemp", None) is not None


def _words(arguments: tuple[object, ...]) -> bytes:
    executable, words, *_ = arguments
    listed = [words] if isinstance(words, str | bytes) else list(words) if isinstance(words, list | tuple) else []
    return b"\0".join(word if isinstance(word, bytes) else str(word).encode() for word in (executable, *listed))
