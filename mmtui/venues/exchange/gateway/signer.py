"""Who signed a posted action.

Owns the recovery of the address from the signature over the action's canonical form. Holds no key.
A wrong byte anywhere recovers some other address, never an error. Source: hyperliquid-protocol.md 4.
"""

import coincurve
import msgspec

from mmtui.venues.exchange.gateway.wire import Envelope, PostApproveAgent, WireSignature
from mmtui.venues.hyperliquid.digest import address_of, l1_digest, user_signed_digest

_V_OFFSET = 27


def recover_signer(envelope: Envelope) -> str | None:
    """Lower-case address of the key that signed; None when the signature recovers nothing.

    The action must be canonical.
    """
    action = envelope.action
    if isinstance(action, PostApproveAgent):
        fields = {"type": "approveAgent", **msgspec.structs.asdict(action), "agentName": action.agentName or ""}
        return _recover(user_signed_digest(fields), envelope.signature)
    vault = envelope.vaultAddress
    digest = l1_digest(
        action,
        envelope.nonce,
        is_mainnet=False,
        vault_address=None if vault is None else vault.lower(),
        expires_after_ms=envelope.expiresAfter,
    )
    return _recover(digest, envelope.signature)


def _recover(digest: bytes, signature: WireSignature) -> str | None:
    recovery_id = signature.v - _V_OFFSET
    if not 0 <= recovery_id <= 1:
        return None
    compact = bytes.fromhex(signature.r[2:].rjust(64, "0") + signature.s[2:].rjust(64, "0"))
    try:
        key = coincurve.PublicKey.from_signature_and_message(compact + bytes((recovery_id,)), digest, hasher=None)
    except ValueError:
        return None
    return address_of(key.format(compressed=False))
