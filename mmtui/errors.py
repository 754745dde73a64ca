"""Errors that reach people, and the exit codes they end in.

MmtuiError                      never raised itself
├─ ConfigError                  the user's settings; carries every problem found
├─ CredentialError              key missing, wrong, refused or too open
├─ PreflightError               the venue or the account cannot be traded as asked
├─ JournalError                 cannot be written or opened
│  └─ DamagedJournalError       not as it was written, or of a later version
├─ LockError                    another process trades this account and coin
├─ LatchedError                 a kill is latched; it must be cleared by a person first
├─ ControlError                 a running instance refused, or its control socket does not answer
├─ UnverifiedError              own orders may remain on the exchange: nobody could look
├─ VenueError                   the exchange could not be reached or refused; never enters a quiet room
└─ InvariantError               our own defect: cancel, latch, dump, stop
"""

import enum
from collections.abc import Sequence


class ExitCode(enum.IntEnum):
    """What the shell sees."""

    CLEAN = 0
    CRASH = 1
    USAGE = 2
    KILLED = 3
    ORDERS_MAY_REMAIN = 4
    PREFLIGHT = 5


class MmtuiError(Exception):
    """An expected failure: ``message`` says what happened, ``remedy`` what to do about it."""

    exit_code = ExitCode.CRASH

    def __init__(self, message: str, *, remedy: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code

    def __str__(self) -> str:
        text = f"{self.code}: {self.message}" if self.code else self.message
        return f"{text}; {self.remedy}" if self.remedy else text


class Problem:
    """One thing wrong with a setting: where, what was found, what would be right."""

    __slots__ = ("expected", "found", "hint", "where")

    def __init__(self, where: str, found: str, expected: str, hint: str = "") -> None:
        self.where = where
        self.found = found
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.found}; expected {self.expected}"
        return f"{text} ({self.hint})" if self.hint else text


class ConfigError(MmtuiError):
    """Every problem of a configuration at once."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, problems: Sequence[Problem] = (), remedy: str = "", code: str = "") -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


class CredentialError(MmtuiError):
    """The signing key is missing, malformed, refused, or readable by others."""

    exit_code = ExitCode.PREFLIGHT


class PreflightError(MmtuiError):
    """The venue cannot be reached at start, or the account cannot be traded as asked."""

    exit_code = ExitCode.PREFLIGHT


class JournalError(MmtuiError):
    """The journal cannot be opened or written."""


class DamagedJournalError(JournalError):
    """The journal is not as it was written, or not of this version; a person must say what becomes of it."""

    exit_code = ExitCode.USAGE


class LockError(MmtuiError):
    """Another process already trades this account and coin."""

    exit_code = ExitCode.USAGE


class LatchedError(MmtuiError):
    """A kill is latched on disk."""

    exit_code = ExitCode.KILLED


class ControlError(MmtuiError):
    """A running instance refused what was asked, or its control socket does not answer."""


class UnverifiedError(MmtuiError):
    """What was asked for could not be verified: own orders may remain."""

    exit_code = ExitCode.ORDERS_MAY_REMAIN


class VenueError(MmtuiError):
    """The exchange refused a request or could not be reached."""


class InvariantError(AssertionError):
    """A state that must be impossible; the engine cancels, latches and stops."""


class VenueCode(enum.Enum):
    """Refusals of the venue that an operator should know by name."""

    INSUFFICIENT_MARGIN = "InsufficientMargin"
    ORDER_WOULD_BE_LIQUIDATED = "OrderWouldBeLiquidated"
    RATE_LIMITED = "RateLimited"
    INVALID_PRICE = "InvalidPrice"
    ASSET_NOT_FOUND = "AssetNotFound"
    DEX_NOT_FOUND = "DexNotFound"


REMEDIES: dict[VenueCode, str] = {
    VenueCode.INSUFFICIENT_MARGIN: "add margin, lower [trading] order_notional_usd or raise the leverage",
    VenueCode.ORDER_WOULD_BE_LIQUIDATED: "lower the leverage or the size: the position would start near liquidation",
    VenueCode.RATE_LIMITED: "quote less often: raise [trading] max_bps_diff or lower num_levels",
    VenueCode.INVALID_PRICE: "the price grid follows from the venue's metadata; restart to read it again",
    VenueCode.ASSET_NOT_FOUND: "check the spelling and case, and give --dex for a builder-deployed market",
    VenueCode.DEX_NOT_FOUND: "run `mmtui --list-dexs` to see the names",
}
