"""The guard as a process of its own, kept by the engine's side of it, against a local exchange."""

import asyncio
import contextlib
import json
import os
import signal
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from mmtui.domain.cloid import is_ours
from mmtui.runtime.clock import wall_ms, work_seconds
from mmtui.runtime.guard.exchange import HttpExchange
from mmtui.runtime.guard.keeper import Ears, GuardKeeper
from mmtui.runtime.guard.messages import Charge, Worked
from mmtui.runtime.guard.reports import BYTES_MAX, keep_report, last_report
from mmtui.runtime.guard.work import Report, Resting, TroubleError
from mmtui.runtime.instances import RunLock, Running, other_holder, register
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.signing import Secret, Signer
from tests.runtime.local_exchange import Server, place_orders_now

PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def charge(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Charge:
    """A fresh account on the exchange, and what a guard of it is given."""
    key = os.urandom(32)
    (tmp_path / "key").write_text(key.hex())
    (tmp_path / "key").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("MMTUI_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("HYPERLIQUID_LOCAL_URL", server.exchange.url)
    signer = Signer(Secret(key.hex()), is_mainnet=False)
    (tmp_path / "state/mmtui").mkdir(parents=True)
    return Charge(
        key=key,
        network="localhost",
        local_url=server.exchange.url,
        account=signer.address,
        vault=None,
        coin="BTC",
        dex="",
        asset_id=0,
        nonce_file=str(tmp_path / f"state/mmtui/nonces-localhost-{signer.address[2:18]}"),
        report_file=str(tmp_path / "reports.jsonl"),
        run_id="run1",
        expiry_s=0.0,
    )


@pytest.fixture
def exchange(charge: Charge) -> HttpExchange:
    return HttpExchange(charge, venue_ms=wall_ms, learn=lambda _: None)


class News:
    """What a keeper's ears heard."""

    def __init__(self) -> None:
        self.armed: list[tuple[bool, str]] = []
        self.worked: list[Worked] = []
        self.pids: list[int] = []

    def ears(self) -> Ears:
        return Ears(
            changed=lambda is_armed, text: self.armed.append((is_armed, text)),
            worked=self.worked.append,
            started=self.pids.append,
        )

    @property
    def is_armed(self) -> bool:
        return bool(self.armed) and self.armed[-1][0]


async def until(claim: Callable[[], object]) -> None:
    """Looks again and again until the claim holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not claim():  # noqa: ASYNC110 - claims about other processes set no event
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def kept(charge: Charge, news: News) -> AsyncIterator[GuardKeeper]:
    """A guard that beats as long as the block lasts."""
    keeper = GuardKeeper(charge, news.ears(), seconds=work_seconds)
    await keeper.start()
    beating = asyncio.create_task(_beat(keeper))
    try:
        yield keeper
    finally:
        beating.cancel()
        await keeper.stop(is_clean=True)


async def _beat(keeper: GuardKeeper) -> None:
    while True:
        keeper.beat(wall_ms())
        await asyncio.sleep(0.05)


def high_water(charge: Charge) -> int:
    """The highest nonce that may have been used with the key."""
    return int(Path(charge.nonce_file).read_text())


def proc(pid: int, name: str) -> bytes:
    return (Path("/proc") / str(pid) / name).read_bytes()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def resting(charge: Charge) -> list[dict[str, object]]:
    """Every order of the account, as the exchange lists it."""
    request = {"type": "frontendOpenOrders", "user": charge.account, "dex": ""}
    exchange = HttpExchange(charge, venue_ms=wall_ms, learn=lambda _: None)
    return json.loads(await asyncio.to_thread(exchange._post, "/info", request))


async def test_own_orders_of_the_coin_are_seen_and_cancelled_and_nothing_else(
    charge: Charge, exchange: HttpExchange
) -> None:
    await place_orders_now(own=3, foreign=2)
    await place_orders_now(own=1, coin="ETH")
    orders = await asyncio.to_thread(exchange.own_orders)
    assert len(orders) == 3
    await asyncio.to_thread(exchange.cancel, orders)
    assert await asyncio.to_thread(exchange.own_orders) == []
    left = await resting(charge)
    assert sorted((order["coin"], is_ours(order["cloid"])) for order in left) == [
        ("BTC", False),
        ("BTC", False),
        ("ETH", True),
    ]


async def test_on_a_builder_deployed_exchange_it_asks_and_cancels_there(charge: Charge) -> None:
    await place_orders_now(own=1)
    asset_id = await place_orders_now(own=2, dex="hyna", counter=10)
    there = HttpExchange(
        replace(charge, coin="hyna:BTC", dex="hyna", asset_id=asset_id), venue_ms=wall_ms, learn=lambda _: None
    )
    orders = await asyncio.to_thread(there.own_orders)
    assert len(orders) == 2
    await asyncio.to_thread(there.cancel, orders)
    assert await asyncio.to_thread(there.own_orders) == []
    assert len(await resting(charge)) == 1


@pytest.mark.fault("F83")
async def test_a_key_that_may_not_cancel_for_the_account_is_told_in_the_exchanges_words(charge: Charge) -> None:
    await place_orders_now(own=1)
    stranger = HttpExchange(replace(charge, key=os.urandom(32)), venue_ms=wall_ms, learn=lambda _: None)
    orders = await asyncio.to_thread(stranger.own_orders)
    assert len(orders) == 1
    assert "never placed" in await asyncio.to_thread(stranger.cancel, orders)
    assert await asyncio.to_thread(stranger.own_orders) == orders


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"status":"err","response":"User or API Wallet 0xab does not exist."}', "User or API Wallet 0xab does not"),
        (b"<html>busy</html>", "cannot be read"),
        (b'{"status":"ok"}', "cancel refused"),
        (b'{"status":"ok","response":7}', "cannot be read"),
    ],
)
def test_an_answer_that_does_not_say_what_was_done_is_trouble(
    charge: Charge, monkeypatch: pytest.MonkeyPatch, body: bytes, said: str
) -> None:
    exchange = HttpExchange(charge, venue_ms=wall_ms, learn=lambda _: None)
    monkeypatch.setattr(exchange, "_post", lambda *_: body)
    with pytest.raises(TroubleError, match=said):
        exchange.cancel([Resting(1, "0x1")])


async def test_its_nonces_lie_a_thousand_above_the_engines(charge: Charge, exchange: HttpExchange) -> None:
    engine = NonceSource(Path(charge.nonce_file))
    engine.take(wall_ms())
    highest = high_water(charge)
    await place_orders_now(own=1)
    before = high_water(charge)
    orders = await asyncio.to_thread(exchange.own_orders)
    await asyncio.to_thread(exchange.cancel, orders)
    assert await asyncio.to_thread(exchange.own_orders) == []
    assert high_water(charge) > max(highest, before) + 1_000
    engine.renew()
    assert engine.take(wall_ms()) > before + 1_000


async def test_an_exchange_that_is_not_there_is_trouble_and_no_exception(charge: Charge) -> None:
    nowhere = HttpExchange(replace(charge, local_url="http://127.0.0.1:1"), venue_ms=wall_ms, learn=lambda _: None)
    with pytest.raises(TroubleError, match="ConnectionRefused"):
        nowhere.own_orders()


async def test_a_cancel_dated_by_a_slow_clock_is_expired_once_and_then_right(charge: Charge) -> None:
    offset = [-60_000]
    learned: list[int] = []

    def learn(venue_ms: int) -> None:
        learned.append(venue_ms)
        offset[0] = venue_ms - wall_ms()

    exchange = HttpExchange(charge, venue_ms=lambda: wall_ms() + offset[0], learn=learn)
    await place_orders_now(own=2)
    orders = await asyncio.to_thread(exchange.own_orders)
    with pytest.raises(TroubleError, match="expired"):
        await asyncio.to_thread(exchange.cancel, orders)
    assert len(learned) == 1
    await asyncio.to_thread(exchange.cancel, orders)
    assert await asyncio.to_thread(exchange.own_orders) == []


async def test_a_goodbye_ends_it_at_once_and_without_a_trace(charge: Charge, exchange: HttpExchange) -> None:
    news = News()
    await place_orders_now(own=2)
    async with kept(charge, news):
        assert news.is_armed
        (pid,) = news.pids
        assert is_running(pid)
    assert not is_running(pid)
    assert last_report(Path(charge.report_file)) is None
    assert len(await asyncio.to_thread(exchange.own_orders)) == 2
    assert news.worked == []


@pytest.mark.fault("F63")
async def test_a_pipe_that_closes_without_a_goodbye_clears_the_book(charge: Charge, exchange: HttpExchange) -> None:
    news = News()
    await place_orders_now(own=4, foreign=1)
    keeper = GuardKeeper(charge, news.ears(), seconds=work_seconds)
    await keeper.start()
    assert news.is_armed
    await keeper.stop(is_clean=False)
    reports = Path(charge.report_file)
    await until(lambda: last_report(reports))
    assert await asyncio.to_thread(exchange.own_orders) == []
    report = last_report(reports)
    assert report is not None
    assert (report.cancelled, report.left, report.verified, report.run) == (4, 0, True, "run1")
    assert stat.S_IMODE(os.stat(reports).st_mode) == 0o600  # noqa: PTH116
    await until(lambda: not is_running(news.pids[0]))


@pytest.mark.fault("F70")
async def test_an_engine_that_falls_silent_loses_its_orders_and_hears_of_it(
    charge: Charge, exchange: HttpExchange
) -> None:
    news = News()
    await place_orders_now(own=2)
    async with kept(replace(charge, silence_s=1.0), news) as keeper:
        beat, keeper.beat = keeper.beat, lambda _: None  # type: ignore[method-assign]
        await until(lambda: news.worked)
        assert (news.worked[0].cancelled, news.worked[0].verified) == (2, True)
        assert await asyncio.to_thread(exchange.own_orders) == []
        keeper.beat = beat  # type: ignore[method-assign]
        await until(lambda: keeper._unanswered == 0)
        assert len(news.pids) == 1


async def test_a_guard_that_is_killed_is_missed_at_once_and_replaced(charge: Charge, exchange: HttpExchange) -> None:
    news = News()
    await place_orders_now(own=1)
    async with kept(charge, news):
        os.kill(news.pids[0], signal.SIGKILL)
        await until(lambda: not news.is_armed)
        assert news.armed[-1] == (False, "the guard ended")
        await until(lambda: news.is_armed)
        first, none, second = news.pids
        assert none == 0
        assert second != first
        assert is_running(second)
    assert len(await asyncio.to_thread(exchange.own_orders)) == 1


async def test_a_guard_that_stands_still_is_replaced(charge: Charge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmtui.runtime.guard.keeper.BEAT_S", 0.05)
    news = News()
    async with kept(charge, news):
        os.kill(news.pids[0], signal.SIGSTOP)
        await until(lambda: (False, "the guard does not answer") in news.armed)
        await until(lambda: news.is_armed)
        assert not is_running(news.pids[0])


async def test_a_guard_that_cannot_start_is_tried_again_ever_less_often(charge: Charge) -> None:
    news = News()
    keeper = GuardKeeper(charge, news.ears(), seconds=work_seconds, command=("/nonexistent/mmtui",))
    starting = asyncio.create_task(keeper.start())
    await until(lambda: len(news.armed) >= 3)
    starting.cancel()
    await keeper.stop(is_clean=False)
    assert all(not is_armed and "cannot be started" in text for is_armed, text in news.armed)
    assert keeper._back_off_s >= 2.0


async def test_a_guard_that_does_not_reach_the_exchange_is_not_armed(charge: Charge) -> None:
    news = News()
    async with kept(replace(charge, local_url="http://127.0.0.1:1"), news):
        assert not news.is_armed
        assert "does not reach the exchange" in news.armed[0][1]


async def test_it_is_small_lives_in_a_session_of_its_own_and_keeps_the_key_to_itself(charge: Charge) -> None:
    news = News()
    async with kept(charge, news) as keeper:
        (pid,) = news.pids
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            os.kill(pid, number)
        assert os.getsid(pid) == pid != os.getsid(0)
        keeper._unanswered = 2
        await until(lambda: keeper._unanswered == 0)
        shown = proc(pid, "cmdline") + proc(pid, "environ")
        for form in (charge.key, charge.key.hex().encode(), charge.key.hex().upper().encode()):
            assert form not in shown
        assert b"MMTUI_KEY_FILE" not in shown
        status = dict(line.split(":", 1) for line in proc(pid, "status").decode().splitlines())
        assert int(status["VmHWM"].split()[0]) < 60_000
        open_files = {os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")}  # noqa: PTH115, PTH208
        assert not any(name.endswith(".lock") for name in open_files)
        assert news.armed == [(True, "")]


def test_reports_stay_within_their_bound_and_the_last_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "reports"
    for number in range(3_000):
        report = Report(at=float(number), run="r", why="x" * 80, cancelled=number, left=0, verified=True, took_s=0.1)
        keep_report(path, report)
        assert path.stat().st_size <= BYTES_MAX
    seen = last_report(path)
    assert seen is not None
    assert seen.cancelled == 2_999
    assert json.loads(path.read_bytes().splitlines()[0])["cancelled"] > 0
    path.write_text("{broken")
    assert last_report(path) is None


def test_a_market_is_another_engines_only_while_its_lock_is_held_by_another_process(tmp_path: Path) -> None:
    assert not other_holder(tmp_path, "m", 1)
    lock = RunLock.take(tmp_path, "m", since=1.0)
    assert not other_holder(tmp_path, "m", 1), "it still reads the journal and may refuse to start"
    announcement = Running(
        id="m", pid=1, network="localhost", account="", coin="BTC", started_at=1.0, version="", run_kind=""
    )
    register(tmp_path, announcement)
    assert not other_holder(tmp_path, "m", 1), "the announcement is the dead one's"
    register(tmp_path, msgspec.structs.replace(announcement, pid=os.getpid()))
    assert other_holder(tmp_path, "m", 1)
    assert not other_holder(tmp_path, "m", os.getpid())
    lock.release()
    assert not other_holder(tmp_path, "m", 1)
    (tmp_path / "m.lock").write_text("{broken")
    assert not other_holder(tmp_path, "m", 1)
