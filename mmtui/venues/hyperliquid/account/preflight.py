"""Whose key it is and whether the account can be traded, before anything is sent.

Owns the checks of ``userRole`` and of the account's abstraction. A master key is refused on mainnet:
an agent cannot withdraw. Source: hyperliquid-protocol.md 4.5, 4.6, 10.3; decisions.md rulings 18, 22.
"""

import msgspec

from mmtui.errors import CredentialError, PreflightError
from mmtui.venues.hyperliquid.account.shapes import Role
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.hyperliquid.networks import Network
from mmtui.venues.hyperliquid.signing import Signer

_UNUSABLE = {
    "unifiedAccount": "the account is in unified mode",
    "portfolioMargin": "the account is in portfolio-margin mode",
}
_APPROVE = "approve an API wallet for the account on the exchange's web page and give that wallet's key"


class Identity(msgspec.Struct, frozen=True):
    """The account traded, lower-case, and what a person should be told."""

    account: str
    notes: tuple[str, ...] = ()


async def identify(rest: Rest, network: Network, signer: Signer, account: str) -> Identity:
    """Finds the account that ``signer`` trades; ``account`` is what the operator gave, or "".

    Raises CredentialError when the key may not trade it, PreflightError when the venue does not say.
    """
    wanted = (signer.vault_address or account).lower()
    role = await _role(rest, signer.address)
    if role.role == "agent":
        return await _agent(rest, signer, role.data.user.lower(), wanted)
    if wanted not in {"", signer.address} and signer.vault_address is None:
        raise CredentialError(
            f"the key belongs to {signer.address}, which is not an agent of {wanted}", remedy=_APPROVE
        )
    if network.name in {"localhost", "sim"}:
        return Identity(wanted or signer.address)
    if role.role == "missing":
        raise CredentialError(f"the venue knows no account and no agent {signer.address}", remedy=_APPROVE)
    if network.is_mainnet:
        raise CredentialError("the key is a master key, which can withdraw funds", remedy=_APPROVE)
    note = "the key is a master key, which can withdraw funds; mainnet will refuse it"
    return Identity(wanted or signer.address, (note,))


async def check_account_mode(rest: Rest, account: str) -> tuple[str, ...]:
    """Notes about the account's mode; raises PreflightError for one whose margin cannot be read."""
    answer = await rest.info({"type": "userAbstraction", "user": account})
    if not answer.is_ok:
        return ("the account's mode could not be checked",)
    try:
        mode = msgspec.json.decode(answer.body, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ("the account's mode could not be checked",)
    if mode in _UNUSABLE:
        raise PreflightError(
            f"{_UNUSABLE[mode]}, where the venue does not state margin for one dex",
            remedy="switch the account to standard mode on the exchange's web page",
        )
    return ()


async def _agent(rest: Rest, signer: Signer, master: str, wanted: str) -> Identity:
    if wanted in {"", master}:
        return Identity(master)
    owner = await _role(rest, wanted)
    if owner.data.master.lower() != master and owner.role != "vault":
        raise CredentialError(f"the key is an agent of {master}, not of {wanted}", remedy=_APPROVE)
    if signer.vault_address is None:
        # Signed without it, an order would trade the master account instead.
        raise CredentialError(
            f"{wanted} is a {'vault' if owner.role == 'vault' else 'sub-account'} of {master}",
            remedy="name it as [network] vault_address instead of account_address",
        )
    return Identity(wanted)


async def _role(rest: Rest, address: str) -> Role:
    answer = await rest.info({"type": "userRole", "user": address})
    if not answer.is_ok:
        raise PreflightError(
            f"the venue does not say whose key this is: {answer.error or f'HTTP {answer.status}'}",
            remedy="try again later",
        )
    try:
        return msgspec.json.decode(answer.body, type=Role)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PreflightError("the venue's answer about the key cannot be read", remedy="try again later") from None
