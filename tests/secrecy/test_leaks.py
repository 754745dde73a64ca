"""The search for a leaked key finds one, in every form and at every place: else its silence means nothing."""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from tests.canary import KEY, KEY_BYTES, KEY_FILE, forms, leaks_below, leaks_in

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """
from tests.leaks import (
    pytest_configure, pytest_runtest_logreport, pytest_runtest_teardown, pytest_sessionfinish, pytest_terminal_summary,
)
"""
CLEAN = "def test_clean(tmp_path):\n    (tmp_path / 'a.log').write_text('nothing of note')\n"
PLANTS = {
    "a file": ("(tmp_path / 'x' ).mkdir(); (tmp_path / 'x' / 'run.log').write_bytes(b'..' + KEY_BYTES.hex().encode())"),
    "the name of a file": "(tmp_path / KEY).touch()",
    "standard output": "print('key', KEY)",
    "standard error": "import sys; print(KEY_BYTES.hex().upper(), file=sys.stderr)",
    "a logger": "import logging; logging.getLogger('x').warning('key %s', KEY)",
    "a failure": "assert KEY == 'other'",
    "a child's command line": "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass', KEY], check=True)",
}


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that this run's own search does not see."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


def run_of(folder: Path, test: str, *flags: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    command += ["--basetemp", str(folder / "temporary"), "-c", os.devnull, *flags, str(folder / "test_it.py")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", "PYTEST_XDIST_WORKER": ""}
    environment.pop("PYTEST_XDIST_WORKER")
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def planted(place: str) -> str:
    return f"from tests.canary import KEY, KEY_BYTES\ndef test_planted(tmp_path):\n    {PLANTS[place]}\n"


@pytest.mark.fault("F105")
@pytest.mark.parametrize("place", PLANTS)
def test_a_leak_planted_in_a_run_fails_that_run_and_is_not_repeated_in_full(elsewhere: Path, place: str) -> None:
    run = run_of(elsewhere, planted(place), "-n", "0")
    assert run.returncode == 1
    assert "hexadecimal" in run.stdout
    if place != "the name of a file":
        assert not leaks_in((run.stdout + run.stderr).encode())


def test_with_several_processes_the_leaks_of_all_are_found(elsewhere: Path) -> None:
    run = run_of(elsewhere, planted("a file") + CLEAN, "-n", "2")
    assert run.returncode == 1
    assert "run.log: the key as hexadecimal" in run.stdout


def test_a_clean_run_passes(elsewhere: Path) -> None:
    run = run_of(elsewhere, CLEAN, "-n", "0")
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("name", forms())
def test_every_form_of_the_key_is_known_inside_other_bytes(name: str) -> None:
    assert name in leaks_in(b"\x00 \xff" + forms()[name] + b"tail")


@pytest.mark.parametrize(
    "text", [KEY, KEY.upper(), KEY[2:], KEY[2:].upper(), KEY[::-1], base64.b64encode(KEY_BYTES).decode()]
)
def test_the_usual_writings_of_a_key_are_known(text: str) -> None:
    assert leaks_in(text.encode())


def test_a_compressed_recording_is_opened_and_the_file_that_holds_the_key_on_purpose_is_not(elsewhere: Path) -> None:
    (elsewhere / "r.jsonl.zst").write_bytes(zstandard.compress(b"x" * 1000 + KEY.encode()))
    (elsewhere / KEY_FILE).write_text(KEY)
    (leak,) = leaks_below([elsewhere])
    assert "r.jsonl.zst: the key as hexadecimal" in leak
    assert leaks_in(b"0x" + b"42" * 32) == []
