"""The account as the venue states it: position, margin, orders, fills, fees and allowances.

Owns the queries that follow a gap and the reading of their answers. Open orders are read before the
position and fills after it, so that an order missing from one list shows in the next. An answer with
anything that cannot be read fails the whole query: a lost fill must never look like none. Source:
hyperliquid-protocol.md 9, 10.3, 11.6; mechanisms M3, M4, M9.
"""

from typing import TypeVar

import msgspec

from mmtui.domain.events import (
    AccountSnapshot,
    Fill,
    FundingPayment,
    OrderReport,
    OrderStatusAnswer,
    QueryFailed,
)
from mmtui.domain.instrument import Instrument
from mmtui.domain.units import Price, UnitError, UsdMicro, parse_rounded_units
from mmtui.venues.hyperliquid import translate, wire
from mmtui.venues.hyperliquid.account import shapes
from mmtui.venues.hyperliquid.account.terms import Terms
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.hyperliquid.limits import AddressBudget
from mmtui.venues.port import Clock

FILLS_PAGE = 2000
FILLS_PAGES_MAX = 5
FEES_AGE_MAX_S = 600.0
ALLOWANCE_AGE_MAX_S = 60.0
SNAPSHOT_WEIGHT = 62  # open orders, position, fills and funding; the rest is kept once it was read
ENTRY_DECIMALS = 12
LEVERAGE_MAX = 1000

_T = TypeVar("_T")


class UnreadableError(Exception):
    """An answer is missing or cannot be read; carries the reason for people."""


class AccountReader:
    """Queries about one account and one instrument."""

    __slots__ = (
        "_account",
        "_allowance",
        "_allowance_at",
        "_budget",
        "_clock",
        "_fees",
        "_fees_at",
        "_instrument",
        "_leverage",
        "_leverage_at",
        "_rest",
        "_terms",
    )

    def __init__(
        self, instrument: Instrument, account: str, *, rest: Rest, budget: AddressBudget, clock: Clock
    ) -> None:
        self._instrument = instrument
        self._account = account
        self._rest = rest
        self._budget = budget
        self._clock = clock
        self._fees: tuple[float, float] | None = None
        self._fees_at = 0.0
        self._allowance = shapes.RateLimit()
        self._allowance_at = 0.0
        self._leverage: tuple[int, bool] | None = None
        self._leverage_at = 0.0
        self._terms = Terms(instrument, account, rest=rest, clock=clock)

    def forget_leverage(self) -> None:
        """The leverage was changed: ask for it again while the position is flat."""
        self._leverage = None

    async def snapshot(self, request_id: int, fills_since_ms: int) -> AccountSnapshot | QueryFailed:
        """The account now, with the fills and funding since an exchange time (0: none), inclusive."""
        try:
            if lacking := self._rest.lacks(SNAPSHOT_WEIGHT):
                # The first of its queries alone would spend what the whole snapshot waits for.
                raise UnreadableError(lacking)
            await self._terms.refresh()
            return await self._snapshot(request_id, fills_since_ms)
        except (UnreadableError, UnitError) as error:
            # Sizes of a contract whose grid has changed cannot be read: what it is now must be told all the same.
            now, contract = self._clock(), self._terms.instrument
            return QueryFailed(received_at=now, request_id=request_id, text=str(error), instrument=contract)

    async def order_status(self, request_id: int, cloid: str, venue_time_ms: int) -> OrderStatusAnswer | QueryFailed:
        """What became of one order. ``venue_time_ms`` must be read before the question is sent: only
        what the exchange's clock had reached then can be proven by a missing order."""
        try:
            answer = await self._ask({"type": "orderStatus", "user": self._account, "oid": cloid}, shapes.OrderStatus)
            report = self._status_report(answer)
        except UnreadableError as error:
            return QueryFailed(received_at=self._clock(), request_id=request_id, text=str(error))
        return OrderStatusAnswer(
            received_at=self._clock(),
            request_id=request_id,
            cloid=cloid,
            report=report,
            venue_time_ms=venue_time_ms,
        )

    async def _snapshot(self, request_id: int, fills_since_ms: int) -> AccountSnapshot:
        maker, taker = await self._fee_rates()
        allowance = await self._request_allowance()
        orders = await self._open_orders()
        state = await self._ask(self._by_dex("clearinghouseState"), shapes.ClearinghouseState)
        if not 0 < state.time < translate.TIME_MS_MAX:
            raise UnreadableError("the account's time cannot be read")
        held = next((p.position for p in state.asset_positions if p.position.coin == self._instrument.coin), None)
        leverage, is_cross = await self._margin_setting(held)
        fills = await self._fills(fills_since_ms) if fills_since_ms > 0 else ()
        funding = await self._funding(fills_since_ms) if fills_since_ms > 0 else ()
        size = translate.signed_size(held.szi, self._instrument) if held else 0
        return AccountSnapshot(
            received_at=self._clock(),
            request_id=request_id,
            venue_time_ms=state.time,
            position=size,
            entry_cost=self._entry_cost(held, size),
            account_value=translate.usd(state.margin_summary.account_value),
            cash=translate.usd(state.margin_summary.total_raw_usd),
            margin_used=translate.usd(state.margin_summary.total_margin_used),
            withdrawable=translate.usd(state.withdrawable),
            leverage=leverage,
            is_cross=is_cross,
            liquidation_price=self._liquidation_price(held),
            open_orders=orders,
            fills=fills,
            funding=funding,
            maker_rate=maker,
            taker_rate=taker,
            requests_used=allowance.n_requests_used,
            requests_cap=allowance.n_requests_cap,
            traded_volume_usd=allowance.cum_vlm,
            instrument=self._terms.instrument,
            account_mode=self._terms.mode,
        )

    def _by_dex(self, kind: str) -> dict[str, object]:
        return {"type": kind, "user": self._account, "dex": self._instrument.dex}

    async def _open_orders(self) -> tuple[OrderReport, ...]:
        orders = await self._ask(self._by_dex("frontendOpenOrders"), tuple[wire.WireOrder, ...])
        reports = []
        for order in orders:
            if order.coin != self._instrument.coin or order.is_trigger:
                continue
            report = translate.order_report(order, "open", order.timestamp, self._instrument)
            if report is None:
                raise UnreadableError("an open order cannot be read")
            reports.append(report)
        return tuple(reports)

    async def _fills(self, since_ms: int) -> tuple[Fill, ...]:
        found: dict[tuple[str, int, int, int], Fill] = {}
        for _ in range(FILLS_PAGES_MAX):
            request: dict[str, object] = {
                "type": "userFillsByTime",
                "user": self._account,
                "startTime": since_ms,
            }
            page = await self._ask(request, tuple[wire.WireFill, ...])
            for data in page:
                if data.coin != self._instrument.coin:
                    continue
                fill = translate.fill(data, self._instrument)
                if fill is None:
                    raise UnreadableError("a fill cannot be read")
                found[fill.key] = fill
            if len(page) < FILLS_PAGE or page[-1].time <= since_ms:
                return tuple(found.values())
            since_ms = page[-1].time
        raise UnreadableError(f"more than {FILLS_PAGE * FILLS_PAGES_MAX} fills since the last known one")

    async def _funding(self, since_ms: int) -> tuple[FundingPayment, ...]:
        request: dict[str, object] = {"type": "userFunding", "user": self._account, "startTime": since_ms}
        rows = await self._ask(request, tuple[shapes.FundingRow, ...])
        payments = []
        for row in rows:
            data = row.delta
            if data.coin != self._instrument.coin:
                continue
            payment = translate.funding_payment(
                wire.WireFunding(row.time, data.coin, data.usdc, data.szi, data.funding_rate), self._instrument
            )
            if payment is None:
                raise UnreadableError("a funding payment cannot be read")
            payments.append(payment)
        return tuple(payments)

    async def _fee_rates(self) -> tuple[float, float]:
        now = self._clock()
        if self._fees is None or now - self._fees_at > FEES_AGE_MAX_S:
            fees = await self._ask({"type": "userFees", "user": self._account}, shapes.UserFees)
            self._fees = (
                effective_rate(fees.user_add_rate, fees.active_referral_discount, self._instrument),
                effective_rate(fees.user_cross_rate, fees.active_referral_discount, self._instrument),
            )
            self._fees_at = now
        return self._fees

    async def _request_allowance(self) -> shapes.RateLimit:
        now = self._clock()
        if not self._budget.is_known or now - self._allowance_at > ALLOWANCE_AGE_MAX_S:
            found = await self._ask({"type": "userRateLimit", "user": self._account}, shapes.RateLimit)
            counts = (found.n_requests_used, found.n_requests_cap)
            if not (all(0 <= count < translate.ID_MAX for count in counts) and 0.0 <= found.cum_vlm <= 1e15):
                raise UnreadableError("the request allowance cannot be read")
            self._allowance = found
            self._allowance_at = now
            self._budget.state(self._allowance.n_requests_cap, self._allowance.n_requests_used)
        return self._allowance

    async def _margin_setting(self, held: shapes.PositionState | None) -> tuple[int, bool]:
        if held is not None:
            self._leverage = _leverage(held.leverage)
        elif self._leverage is None or self._clock() - self._leverage_at > ALLOWANCE_AGE_MAX_S:
            self._leverage_at = self._clock()
            coin = self._instrument.coin
            request: dict[str, object] = {"type": "activeAssetData", "user": self._account, "coin": coin}
            data = await self._ask(request, shapes.ActiveAssetData)
            self._leverage = _leverage(data.leverage)
        return self._leverage

    def _entry_cost(self, held: shapes.PositionState | None, size: int) -> UsdMicro:
        if held is None or not held.entry_px or not size:
            return 0
        fine = parse_rounded_units(held.entry_px, ENTRY_DECIMALS) * size
        divisor: int = 10 ** (ENTRY_DECIMALS - self._instrument.price_decimals)
        return (2 * fine + divisor) // (2 * divisor)

    def _liquidation_price(self, held: shapes.PositionState | None) -> Price | None:
        if held is None or held.liquidation_px is None:
            return None
        price = parse_rounded_units(held.liquidation_px, self._instrument.price_decimals)
        return price if price > 0 else None

    def _status_report(self, answer: shapes.OrderStatus) -> OrderReport | None:
        if answer.status == "unknownOid":
            return None
        found = answer.order
        if found is None or found.order.coin != self._instrument.coin:
            raise UnreadableError(f"an order status that is not understood: {answer.status[:40]}")
        report = translate.order_report(found.order, found.status, found.status_timestamp, self._instrument)
        if report is None:
            raise UnreadableError("an order status cannot be read")
        return report

    async def _ask(self, request: dict[str, object], shape: type[_T]) -> _T:
        answer = await self._rest.info(request)
        kind = request["type"]
        if not answer.is_ok:
            raise UnreadableError(f"{kind}: {answer.error or f'HTTP {answer.status}'}")
        try:
            return msgspec.json.decode(answer.body, type=shape, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UnreadableError(f"{kind}: the answer cannot be read") from None


def _leverage(setting: shapes.Leverage) -> tuple[int, bool]:
    if not 1 <= setting.value <= LEVERAGE_MAX:
        raise UnreadableError("a leverage that cannot be")
    return setting.value, setting.type == "cross"


def effective_rate(rate: float, referral_discount: float, instrument: Instrument) -> float:
    """What a fill on ``instrument`` costs as a fraction of its notional.

    ``rate`` contains tier and staking discounts. On a builder dex with scale s a cost becomes
    rate x (1 + s) below s = 1 and rate x 2s from there; growth mode takes nine tenths off costs and
    rebates; a rebate is never scaled up. Source: hyperliquid-protocol.md 9.
    """
    if not -0.01 <= rate <= 0.01:
        raise UnreadableError("a fee rate that cannot be")
    growth = 0.1 if instrument.growth_mode else 1.0
    if rate <= 0.0:
        return rate * growth
    scale = instrument.deployer_fee_scale if instrument.dex else 0.0
    scaled = rate * (1.0 + scale) if scale < 1.0 else rate * 2.0 * scale
    discount = referral_discount if 0.0 <= referral_discount <= 1.0 else 0.0
    return scaled * growth * (1.0 - discount)
