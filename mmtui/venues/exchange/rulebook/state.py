"""Everything the exchange remembers between blocks, and the accounts it opens.

Owns the registries, the clock of the running block and the identities it hands out. Every address
that appears is credited with the opening balance in each dex's collateral.
"""

from mmtui.domain.units import MICRO, UsdMicro
from mmtui.venues.exchange.executions import BookOrder
from mmtui.venues.exchange.ledger.accounts import Account, DexAccount, Holding
from mmtui.venues.exchange.ledger.agents import Agent
from mmtui.venues.exchange.ledger.orders import Order, Status
from mmtui.venues.exchange.listing import Listing
from mmtui.venues.exchange.records import SYSTEM_HASH, LedgerEntry, LiquidationMark, Listener
from mmtui.venues.exchange.rulebook.nonce_window import NonceWindow
from mmtui.venues.exchange.rulebook.pit import Pit
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings

FIRST_OID = 10_000_000_000

_MASK = (1 << 64) - 1


class State:
    """Accounts, pits and counters; ``liquidating`` is set while a liquidation's own orders trade."""

    __slots__ = (
        "_next_oid", "accounts", "balance_micro", "fees_micro", "liquidating", "listener", "listing",
        "nonce_marks", "nonces", "now_ms", "pits", "settings", "signers", "transaction",
    )  # fmt: skip

    def __init__(
        self, listing: Listing, pits: dict[str, Pit], settings: ExchangeSettings, balance_micro: UsdMicro
    ) -> None:
        self.listing = listing
        self.pits = pits
        self.settings = settings
        self.balance_micro = balance_micro
        self.accounts: dict[str, Account] = {}
        self.signers: dict[str, tuple[Account, Agent]] = {}
        self.fees_micro: dict[str, UsdMicro] = {dex.name: 0 for dex in listing.dexes}
        self.listener: Listener | None = None
        self.nonces: dict[str, NonceWindow] = {}
        self.nonce_marks: dict[str, int] = {}
        self.now_ms = 0
        self.transaction = SYSTEM_HASH
        self.liquidating: LiquidationMark | None = None
        self._next_oid = FIRST_OID

    def account(self, address: str) -> Account:
        """The account of an address, opened and credited when first seen."""
        account = self.accounts.get(address)
        if account is None:
            account = self.accounts[address] = Account(address, self.settings.request_allowance)
            account.volumes.cumulative_micro = self.settings.traded_volume_usd * MICRO
            for dex in self.listing.dexes:
                account.dexes[dex.name] = DexAccount(dex.name, self.balance_micro)
                account.ledger.append(
                    LedgerEntry(
                        self.now_ms,
                        "deposit",
                        dex.name,
                        dex.collateral.name,
                        self.balance_micro,
                        transaction_hash(len(self.accounts), dex.index),
                    )
                )
        return account

    def holding(self, account: Account, pit: Pit) -> tuple[DexAccount, Holding]:
        """The account's balance on the pit's dex and its holding of the coin, made when first needed."""
        instrument = pit.contract.instrument
        dex_account = account.dexes[instrument.dex]
        holding = dex_account.holdings.get(instrument.coin)
        if holding is None:
            holding = dex_account.holdings[instrument.coin] = Holding(pit.contract, pit.price)
        return dex_account, holding

    def signer_account(self, signer: str) -> Account:
        """The account a key acts for: its master while the approval lives, else its own."""
        approval = self.signers.get(signer)
        if approval is not None:
            account, agent = approval
            if account.agents.by_name.get(agent.name) is agent and self.now_ms <= agent.valid_until_ms:
                return account
        return self.account(signer)

    def next_oid(self) -> int:
        """A fresh order id."""
        oid = self._next_oid
        self._next_oid = oid + 1
        return oid

    def announce(self, account: Account, order: Order, status: Status) -> None:
        """Set an order's status and tell the listener."""
        order.status = status
        order.status_ms = self.now_ms
        if self.listener is not None:
            self.listener.on_order(account.address, order.update())

    def close(self, order: Order, status: Status, *, left: int) -> None:
        """End an order already off the book, of which ``left`` was still reserved; once only."""
        account = self.accounts[order.account]
        if order.oid not in account.orders.open:
            return
        pit = self.pits[order.coin]
        _, holding = self.holding(account, pit)
        holding.release(order, left, is_over=True)
        account.orders.close(order)
        pit.is_book_changed = True
        self.announce(account, order, status)

    def cancel(self, order: Order, status: Status) -> None:
        """Take a resting order off the book and end it."""
        self.pits[order.coin].book.cancel(order.oid)
        self.close(order, status, left=order.size)


def account_order(order: BookOrder) -> Order:
    """The account's view of an order that came back from the book."""
    assert isinstance(order, Order), order
    return order


def transaction_hash(block: int, index: int) -> str:
    """A stable 32-byte hash for the ``index``-th action of a block."""
    word = (block * 0x9E3779B97F4A7C15 + index * 0xC2B2AE3D27D4EB4F + 0x165667B19E3779F9) & _MASK
    words = []
    for _ in range(4):
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & _MASK
        word ^= word >> 31
        words.append(word)
    return "0x" + "".join(f"{each:016x}" for each in words)
