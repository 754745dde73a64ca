"""``POST /exchange`` and posted actions of the socket: from bytes to a committed answer.

Owns the order of the checks: schema, weight, signer, account, and only then the exchange, which looks
at the nonce first. A refusal by schema or signature spends no nonce, every later one does. The answer
comes when the block is committed. Source: hyperliquid-protocol.md 1.1, 4.3-4.7, 6.1.
"""

import asyncio
from collections.abc import Callable

import msgspec

from mmtui.venues.exchange.actions import Reply, entry_count
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway.answers import NOT_IN_SCHEMA, NOT_JSON, TOO_MANY, Answer, refused
from mmtui.venues.exchange.gateway.ip_limits import IpAccount
from mmtui.venues.exchange.gateway.replies import render_reply
from mmtui.venues.exchange.gateway.signer import recover_signer
from mmtui.venues.exchange.gateway.translation import SchemaError, translate
from mmtui.venues.exchange.gateway.wire import Envelope, PostApproveAgent, canonical, decode_envelope
from mmtui.venues.hyperliquid.limits import action_weight

UNSUPPORTED = frozenset(
    {
        "agentEnableDexAbstraction", "agentSendAsset", "agentSetAbstraction", "approveBuilderFee",
        "convertToMultiSigUser", "createSubAccount", "evmUserModify", "hip3LiquidatorTransfer", "multiSig",
        "perpDeploy", "reserveRequestWeight", "sendAsset", "setReferrer", "spotDeploy", "spotSend",
        "subAccountSpotTransfer", "subAccountTransfer", "tokenDelegate", "twapCancel", "twapOrder",
        "usdClassTransfer", "usdSend", "userDexAbstraction", "userSetAbstraction", "vaultTransfer",
        "withdraw3",
    }
)  # fmt: skip
"""Actions of the venue that no market maker needs here; they are refused by name, not as a bad shape."""


class _Head(msgspec.Struct):
    type: str


class _Outline(msgspec.Struct):
    action: _Head


_decode_outline = msgspec.json.Decoder(_Outline).decode


class ActionRoute:
    """Verifies posted actions and hands them to the exchange."""

    __slots__ = ("_accounts", "_exchange", "_wall_ms")

    def __init__(self, exchange: Exchange, wall_ms: Callable[[], int], accounts: tuple[str, ...] = ()) -> None:
        """``accounts``, if any, are the only addresses that may act."""
        self._exchange = exchange
        self._wall_ms = wall_ms
        self._accounts = frozenset(account.lower() for account in accounts)

    async def answer(self, body: bytes, ip: IpAccount | None) -> Answer:
        """Answer one request; ``ip`` is charged with its weight unless it came over a socket."""
        try:
            envelope = decode_envelope(body)
            action = translate(envelope.action, self._exchange.listing)
        except (msgspec.ValidationError, SchemaError):
            return _schema_refusal(body, ip, self._wall_ms())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return NOT_JSON
        now_ms = self._wall_ms()
        if ip is not None and not ip.spend(now_ms, action_weight(entry_count(action))):
            return TOO_MANY
        signer = self._verify(envelope)
        if isinstance(signer, Answer):
            return signer
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._exchange.submit(
            now_ms,
            signer,
            action,
            lambda result: None if reply.done() else reply.set_result(result),
            expires_after_ms=envelope.expiresAfter,
            nonce=envelope.nonce,
            vault=None if envelope.vaultAddress is None else envelope.vaultAddress.lower(),
        )
        return render_reply(action, await reply, self._exchange.listing)

    def _verify(self, envelope: Envelope) -> str | Answer:
        """The signer of an envelope, who may act."""
        action = envelope.action
        if isinstance(action, PostApproveAgent) and (
            action.nonce != envelope.nonce
            or envelope.vaultAddress is not None
            or envelope.expiresAfter is not None
            or action.hyperliquidChain != "Testnet"
        ):
            return NOT_IN_SCHEMA
        canonical(action)
        signer = recover_signer(envelope)
        if signer is None:
            return refused("Unable to recover signer.")
        if self._accounts and self._exchange.resolve_signer(signer) not in self._accounts:
            return refused(f"User or API Wallet {signer} does not exist.")
        return signer


def _schema_refusal(body: bytes, ip: IpAccount | None, now_ms: int) -> Answer:
    if ip is not None and not ip.spend(now_ms, 1):
        return TOO_MANY
    try:
        kind = _decode_outline(body).action.type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOT_IN_SCHEMA
    if kind in UNSUPPORTED:
        return refused(f"Action {kind} is not supported by the local exchange.")
    return NOT_IN_SCHEMA
