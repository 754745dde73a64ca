"""What one invocation of ``mmtui run`` asks for that is not a setting.

Settings (``domain.parameters``) describe how to trade and can live in a file; these describe this
one run only: where its output goes, how long it lasts, what the embedded exchange starts with.
"""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_BALANCE_USD = 100_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """One run. ``balance_usd``, ``seed`` and ``speed`` concern the embedded exchange of ``sim`` only.

    ``duration_s`` counts wall seconds from start (None: until stopped); ``json_summary`` is written
    on every exit code; ``log_levels`` is ``MMTUI_LOG``, such as ``engine=debug``. A run that ``is_background`` has
    no terminal: once it is announced its lines go to its log file only.
    """

    no_ui: bool = False
    is_background: bool = False
    duration_s: float | None = None
    json_summary: Path | None = None
    dry_run: bool = False
    assume_yes: bool = False
    balance_usd: float = DEFAULT_BALANCE_USD
    seed: int = 13
    speed: float = 1.0
    log_levels: str = ""
