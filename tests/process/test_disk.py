"""Disks that are full: what rests at the exchange, what the journal holds, and what the next start does.

A file that may not grow (``RLIMIT_FSIZE``) needs no privilege and stands for a disk that refuses; a small tmpfs is the
real thing and needs the right to mount.
"""

import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.books import ACCOUNT, assert_books_agree, journal_path, own_orders
from tests.process.programs import Programs

pytestmark = pytest.mark.process

FILE_BYTES_MAX = 400_000
TMPFS_BYTES = 32 * 1024 * 1024
WHERE = ("--network", "localhost", "--asset", "BTC")


@pytest.fixture
def small_disk(programs: Programs) -> Iterator[Path]:
    """A file system of some megabytes under the state folder; skips where nothing may be mounted."""
    folder = programs.folder / "state"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES},mode=0700", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if mounted.returncode != 0:
        pytest.skip(f"mounting a small file system is not permitted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        programs.close()
        subprocess.run(["umount", "-l", str(folder)], check=True)


def assert_sound(programs: Programs) -> None:
    with sqlite3.connect(journal_path(programs)) as rows:
        assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def fill(disk: Path) -> Path:
    """Takes all space that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as stream:
        try:
            while stream.write(b"\0" * 4096):
                continue
        except OSError:
            return ballast
    raise AssertionError("the disk has no end")


def ends_killed(programs: Programs, maker: subprocess.Popen[bytes]) -> None:
    """The run ended itself because nothing could be kept, with nothing of ours left at the exchange."""
    _, said = maker.communicate(timeout=60)
    assert maker.returncode == 3, said.decode()[-3000:]
    assert b"Traceback" not in said
    assert b"Journal failed" in said
    assert own_orders(programs) == []
    assert_sound(programs)


@pytest.mark.fault("F58")
def test_a_journal_that_may_not_grow_ends_trading_with_nothing_resting_and_a_latch(programs) -> None:
    programs.exchange("--seed", "3")
    limits = (FILE_BYTES_MAX, FILE_BYTES_MAX)
    maker = programs.maker("--no-ui", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits))
    programs.wait_for(lambda: own_orders(programs), "quotes")
    ends_killed(programs, maker)
    refused = programs.run("run", *programs.maker_flags(), "--no-ui")
    assert refused.returncode == 3
    assert b"mmtui resume" in refused.stderr
    assert programs.run("resume", "--reason", "the disk has room again", *WHERE).returncode == 0
    programs.maker("--no-ui")
    programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes once there is room again")


@pytest.mark.fault("F58")
def test_a_disk_that_fills_up_ends_trading_with_nothing_resting_and_the_next_start_knows(programs, small_disk) -> None:
    programs.exchange("--seed", "3")
    maker = programs.maker("--no-ui")
    programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes on both sides")
    ballast = fill(small_disk)
    ends_killed(programs, maker)
    ballast.unlink()
    refused = programs.run("run", *programs.maker_flags(), "--no-ui")
    assert refused.returncode == 3
    assert programs.run("resume", "--reason", "the disk has room again", *WHERE).returncode == 0
    programs.maker("--no-ui")
    programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes once there is room again")


@pytest.mark.fault("F118")
def test_a_log_on_a_full_device_is_given_up_and_trading_goes_on(programs) -> None:
    programs.exchange("--seed", "3")
    log = programs.folder / "maker.log"
    log.symlink_to("/dev/full")
    maker = programs.maker("--no-ui", "--duration", "20", "--log-level", "debug")
    programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes on both sides")
    programs.wait_for_cycles(3)
    assert maker.wait(timeout=60) == 0
    log.unlink()
    assert_books_agree(programs)


@pytest.mark.fault("F118")
def test_logs_leave_the_last_of_a_small_disk_to_the_journal(programs, small_disk) -> None:
    programs.exchange("--seed", "3")
    logs = small_disk / "logs"
    maker = programs.maker(
        "--no-ui", "--duration", "20", "--log-level", "trace",
        "--log-dir", str(logs), "--multi-stream-logs", "--log-file", str(logs / "all.log"),
    )  # fmt: skip
    programs.wait_for(lambda: programs.quotes_both_sides(ACCOUNT), "quotes on both sides")
    # An eighth of the disk is the journal's: the ballast leaves a little more, which the logs then may not take.
    room = os.statvfs(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (room.f_bavail * room.f_frsize - TMPFS_BYTES // 8 - 64 * 1024))
    size = sum(path.stat().st_size for path in logs.iterdir())
    assert maker.wait(timeout=60) == 0
    assert sum(path.stat().st_size for path in logs.iterdir()) <= size + 128 * 1024
    assert_books_agree(programs)


HANGING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
static void hang(void) { while (access(getenv("HANGS"), F_OK) == 0) usleep(20000); }
int fsync(int fd) { int (*real)(int) = dlsym(RTLD_NEXT, "fsync"); hang(); return real(fd); }
int fdatasync(int fd) { int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync"); hang(); return real(fd); }
"""


@pytest.mark.fault("F62")
def test_a_kill_while_the_disk_hangs_clears_the_book_at_once_and_is_latched_when_it_moves_again(
    programs, tmp_path
) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler to make a disk that hangs")
    library, hangs = tmp_path / "hanging.so", tmp_path / "hangs"
    build = [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", str(library), "-ldl"]
    subprocess.run(build, input=HANGING.encode(), check=True)
    programs.exchange("--seed", "3")
    variables = {**programs.environment(), "LD_PRELOAD": str(library), "HANGS": str(hangs)}
    maker = programs.maker("--no-ui", env=variables)
    programs.wait_for(lambda: own_orders(programs), "quotes")
    hangs.touch()
    (programs.state / f"{programs.market}.kill").touch()
    programs.wait_for(lambda: not own_orders(programs), "the cancels of the kill", 10.0)
    programs.wait_for(lambda: "All own orders verified gone" in programs.log_tail(), "the kill to be verified", 15.0)
    assert not (programs.state / f"{programs.market}.latch.json").exists()
    hangs.unlink()
    _, said = maker.communicate(timeout=60)
    assert maker.returncode == 3, said.decode()[-3000:]
    assert (programs.state / f"{programs.market}.latch.json").exists()
    assert own_orders(programs) == []
