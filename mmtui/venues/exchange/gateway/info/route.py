"""``POST /info`` and posted information requests: the table of kinds, and one way through it.

Owns which request exists, what parameters it takes and what it weighs. The answers are in
``reference``, ``market`` and ``account``. Source: hyperliquid-protocol.md 1.1, 10, 12.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway.answers import FAILED, NOT_IN_SCHEMA, NOT_JSON, TOO_MANY, Answer, encode
from mmtui.venues.exchange.gateway.candles import Candles
from mmtui.venues.exchange.gateway.info import account, market, reference
from mmtui.venues.exchange.gateway.info.requests import (
    InfoRequest,
    OfBook,
    OfCandles,
    OfCoin,
    OfCoinTimes,
    OfDex,
    OfFills,
    OfFillTimes,
    OfOrder,
    OfTable,
    OfUser,
    OfUserCoin,
    OfUserDex,
    OfUserTimes,
)
from mmtui.venues.exchange.gateway.ip_limits import IpAccount
from mmtui.venues.hyperliquid.limits import answer_weight, info_weight

# Each kind's function takes its own request type, which one table can only name loosely.
Question = tuple[type[InfoRequest], Callable[[Exchange, Any], object]]

QUESTIONS: dict[str, Question] = {
    "perpDexs": (InfoRequest, reference.perp_dexs),
    "meta": (OfDex, reference.meta),
    "allPerpMetas": (InfoRequest, reference.all_perp_metas),
    "marginTable": (OfTable, reference.margin_table),
    "metaAndAssetCtxs": (OfDex, reference.meta_and_contexts),
    "spotMeta": (InfoRequest, reference.spot_meta),
    "spotMetaAndAssetCtxs": (InfoRequest, reference.spot_meta_and_contexts),
    "allMids": (OfDex, reference.all_mids),
    "perpsAtOpenInterestCap": (OfDex, reference.at_open_interest_cap),
    "perpDexLimits": (OfDex, reference.dex_limits),
    "perpDexStatus": (OfDex, reference.dex_status),
    "predictedFundings": (InfoRequest, reference.predicted_fundings),
    "exchangeStatus": (InfoRequest, reference.exchange_status),
    "l2Book": (OfBook, market.l2_book),
    "recentTrades": (OfCoin, market.recent_trades),
    "fundingHistory": (OfCoinTimes, market.funding_history),
    "clearinghouseState": (OfUserDex, account.clearinghouse_state),
    "spotClearinghouseState": (OfUser, account.spot_state),
    "activeAssetData": (OfUserCoin, account.active_asset_data),
    "openOrders": (OfUserDex, account.open_orders),
    "frontendOpenOrders": (OfUserDex, account.frontend_open_orders),
    "orderStatus": (OfOrder, account.order_status),
    "historicalOrders": (OfUser, account.historical_orders),
    "userFills": (OfFills, account.user_fills),
    "userFillsByTime": (OfFillTimes, account.user_fills_by_time),
    "userFunding": (OfUserTimes, account.user_funding),
    "userNonFundingLedgerUpdates": (OfUserTimes, account.ledger_updates),
    "userFees": (OfUser, account.user_fees),
    "userRateLimit": (OfUser, account.user_rate_limit),
    "userRole": (OfUser, account.user_role),
    "extraAgents": (OfUser, account.extra_agents),
    "userAbstraction": (OfUser, account.abstraction),
    "userDexAbstraction": (OfUser, account.no_abstraction),
    "userToMultiSigSigners": (OfUser, account.nothing),
    "subAccounts": (OfUser, account.nothing),
    "maxBuilderFee": (OfUser, account.no_builder_fee),
    "approvedBuilders": (OfUser, account.empty_list),
    "userVaultEquities": (OfUser, account.empty_list),
    "userTwapSliceFills": (OfUser, account.empty_list),
    "userTwapSliceFillsByTime": (OfUser, account.empty_list),
    "twapHistory": (OfUser, account.empty_list),
    "delegations": (OfUser, account.empty_list),
    "delegatorHistory": (OfUser, account.empty_list),
    "delegatorRewards": (OfUser, account.empty_list),
}


class _Kind(msgspec.Struct):
    type: str


_decode_kind = msgspec.json.Decoder(_Kind).decode


class InfoRoute:
    """Answers information requests; ``candles`` are the bars built from the prints."""

    __slots__ = ("_candles", "_decoders", "_exchange", "_questions", "_wall_ms")

    def __init__(self, exchange: Exchange, candles: Candles, wall_ms: Callable[[], int]) -> None:
        self._exchange = exchange
        self._candles = candles
        self._wall_ms = wall_ms
        self._questions = QUESTIONS | {"candleSnapshot": (OfCandles, self._candle_snapshot)}
        self._decoders = {kind: msgspec.json.Decoder(schema) for kind, (schema, _) in self._questions.items()}

    def answer(self, body: bytes, ip: IpAccount | None) -> tuple[str, Answer]:
        """Kind and answer of one request; ``ip`` is charged unless it came over a socket."""
        now_ms = self._wall_ms()
        try:
            kind = _decode_kind(body).type
        except msgspec.ValidationError:
            kind = ""
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "", NOT_JSON
        if ip is not None and not ip.spend(now_ms, info_weight(kind)):
            return kind, TOO_MANY
        question = self._questions.get(kind)
        if question is None:
            return kind, NOT_IN_SCHEMA
        try:
            request = self._decoders[kind].decode(body)
            found = question[1](self._exchange, request)
        except msgspec.ValidationError:
            return kind, NOT_IN_SCHEMA
        except reference.UnknownNameError:
            return kind, FAILED
        if ip is not None and isinstance(found, list):
            ip.charge(now_ms, answer_weight(kind, len(found)))
        return kind, Answer(encode(found))

    def _candle_snapshot(self, exchange: Exchange, request: OfCandles) -> object:
        return market.candle_snapshot(exchange, self._candles, request)
