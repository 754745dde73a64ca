"""What the system around a run can do to it: signals, taken ports, few file descriptors, one crash after another."""

import json
import resource
import signal
import socket
from pathlib import Path

import pytest

from tests.process.books import ACCOUNT, assert_books_agree, own_orders
from tests.process.programs import Programs

pytestmark = pytest.mark.process

FEW_FILES = 64
REQUESTS_MAX = 8  # connections for requests, kept for a while; five reconnects that leak would leave ten


def quoting(programs: Programs) -> bool:
    return programs.quotes_both_sides(ACCOUNT)


def descriptors(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.fault("F115")
def test_a_second_signal_cancels_at_once_and_leaves_with_an_empty_book_or_says_it_may_not_be(programs) -> None:
    programs.exchange()
    proxy = programs.through_proxy()
    maker = programs.maker("--no-ui")
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    # The answers of the exchange are late, so that the first stop is still under way when the second signal comes.
    proxy.delay_s = 1.5
    maker.send_signal(signal.SIGTERM)
    programs.wait_for(lambda: "STOPPING" in programs.log_tail(), "the first stop to begin")
    maker.send_signal(signal.SIGTERM)
    _, said = maker.communicate(timeout=30)
    assert maker.returncode == 4, said.decode()[-2000:]
    assert b"Second signal" in said
    programs.wait_for(lambda: not own_orders(programs), "the last cancel to arrive")


@pytest.mark.fault("F110")
def test_a_hang_up_without_a_terminal_changes_nothing(programs) -> None:
    programs.exchange()
    maker = programs.maker("--no-ui")
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    for _ in range(2):
        maker.send_signal(signal.SIGHUP)
        programs.wait_for_cycles(2)
    assert quoting(programs)
    maker.send_signal(signal.SIGTERM)
    _, said = maker.communicate(timeout=30)
    assert maker.returncode == 0
    assert b"Terminal lost" in said
    assert_books_agree(programs)


@pytest.mark.fault("F110")
def test_a_hang_up_stops_the_run_where_the_operator_asked_for_it(programs) -> None:
    programs.exchange()
    maker = programs.maker("--no-ui", "--set", "execution.on_hangup=stop")
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    maker.send_signal(signal.SIGHUP)
    _, said = maker.communicate(timeout=30)
    assert maker.returncode == 0, said.decode()[-2000:]
    assert_books_agree(programs)


@pytest.mark.fault("F106")
def test_a_taken_metrics_port_costs_the_metrics_and_nothing_else(programs) -> None:
    programs.exchange()
    with socket.create_server(("127.0.0.1", programs.metrics_port)):
        maker = programs.maker("--no-ui")
        programs.wait_for(lambda: quoting(programs), "quotes on both sides")
        maker.send_signal(signal.SIGTERM)
        _, said = maker.communicate(timeout=30)
    assert maker.returncode == 0
    assert str(programs.metrics_port).encode() in said
    assert_books_agree(programs)


@pytest.mark.fault("F67")
def test_connections_made_again_and_again_fit_into_few_file_descriptors(programs) -> None:
    programs.exchange("--seed", "5")
    proxy = programs.through_proxy()
    limits = (FEW_FILES, FEW_FILES)
    maker = programs.maker("--no-ui", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    held = descriptors(maker.pid)
    for _ in range(5):
        programs.wait_for(lambda: proxy.connections >= 2, "both sockets to be there")
        proxy.cut()
        programs.wait_for_cycles(1)
    programs.wait_for(lambda: quoting(programs), "quotes on both sides again")
    programs.wait_for(lambda: descriptors(maker.pid) <= held + REQUESTS_MAX, "descriptors to be given back")
    maker.send_signal(signal.SIGTERM)
    _, said = maker.communicate(timeout=30)
    assert maker.returncode == 0, said.decode()[-2000:]
    assert_books_agree(programs)


@pytest.mark.fault("F67")
def test_without_descriptors_for_new_connections_the_book_is_cleared_or_said_not_to_be(programs) -> None:
    programs.exchange("--seed", "5")
    proxy = programs.through_proxy()
    maker = programs.maker("--no-ui", "--set", "risk.stale_data_s=2", "--set", "risk.stale_kill_s=10")
    programs.wait_for(lambda: quoting(programs), "quotes on both sides")
    held = descriptors(maker.pid)
    resource.prlimit(maker.pid, resource.RLIMIT_NOFILE, (held - 2, held - 2))
    proxy.cut()
    _, said = maker.communicate(timeout=60)
    assert maker.returncode in (3, 4), said.decode()[-2000:]
    assert b"Traceback" not in said
    programs.wait_for(lambda: not own_orders(programs), "an empty book: by the engine's hand or its guard's")


@pytest.mark.fault("F65")
def test_a_program_that_dies_at_every_start_is_not_started_a_fourth_time_until_somebody_has_looked(programs) -> None:
    programs.exchange()
    for _ in range(3):
        maker = programs.maker("--no-ui")
        programs.wait_for(lambda: own_orders(programs), "quotes")
        maker.send_signal(signal.SIGKILL)
        maker.wait(timeout=10)
        programs.wait_for(lambda: not own_orders(programs), "the guard to clear the book")
    refused = programs.run("run", *programs.maker_flags(), "--no-ui")
    assert refused.returncode == 3
    assert b"crash loop" in refused.stderr
    assert own_orders(programs) == []
    assert json.loads((programs.state / f"{programs.market}.latch.json").read_bytes())["reason"] == "crash loop"
    where = ("--network", "localhost", "--asset", "BTC")
    assert programs.run("resume", "--reason", "it was killed on purpose", *where).returncode == 0
    programs.maker("--no-ui")
    programs.wait_for(lambda: quoting(programs), "quotes after somebody has looked")


def test_a_recording_that_cannot_be_made_is_one_line_and_no_crash_however_often(programs) -> None:
    programs.exchange()
    programs.state.mkdir(parents=True, mode=0o700)
    (programs.state / "recordings").write_text("in the way")
    for _ in range(3):
        refused = programs.run("run", *programs.maker_flags(), "--no-ui")
        assert refused.returncode == 1
        assert b"recordings cannot be made" in refused.stderr
        assert b"Traceback" not in refused.stderr
    (programs.state / "recordings").unlink()
    programs.maker("--no-ui")
    programs.wait_for(lambda: own_orders(programs), "quotes once the folder can be made")
