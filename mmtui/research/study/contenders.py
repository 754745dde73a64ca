"""Who is compared: the strategies and the documents' literal mode, each as the settings that choose it.

Everything else is the same for all of them, defaults included: order size, position limit, floors, guards.
"""

from collections.abc import Sequence

from mmtui.domain.parameters import Refusal, Settings, Value, find
from mmtui.errors import ConfigError

CONTENDERS: dict[str, dict[str, Value]] = {
    "symmetric": {"strategy.strategy_type": "symmetric"},
    "inventory_aware": {"strategy.strategy_type": "inventory_aware"},
    # The least skew is this program's answer to what the documents' skew lacks: with it literal would be repaired.
    "literal": {
        "strategy.strategy_type": "glft",
        "strategy.glft_mode": "literal",
        "strategy.min_full_skew_ratio": 0.0,
    },
    "glft": {"strategy.strategy_type": "glft"},
    "ladder": {"strategy.strategy_type": "ladder"},
    "hjb": {"strategy.strategy_type": "hjb"},
}
CONSISTENT = ("glft", "ladder", "hjb")
LITERAL = "literal"


def contender_settings(name: str, coin: str, common: dict[str, Value]) -> Settings:
    """Defaults, then what is common to all contenders, then what makes this one.

    Prior quotes are allowed after the warm-up's time-out, so that a gate that never opens shows as such and
    not as an empty table.
    """
    chosen: dict[str, Value] = {"trading.asset": coin, "strategy.warmup_on_timeout": "quote", **common}
    return Settings.defaults().with_values({**chosen, **CONTENDERS[name]})


def contenders(names: str) -> tuple[str, ...]:
    """Contenders from ``all`` or names parted by commas; raises ConfigError for a name unknown."""
    if names == "all":
        return tuple(CONTENDERS)
    chosen = tuple(name.strip() for name in names.split(","))
    for name in chosen:
        if name not in CONTENDERS:
            raise ConfigError(f"no strategy {name!r} to study", remedy=f"choose from {', '.join(CONTENDERS)}, all")
    return chosen


def common_settings(texts: Sequence[str]) -> dict[str, Value]:
    """Settings given as ``section.key=value``; raises ConfigError where one is no setting."""
    values: dict[str, Value] = {}
    for text in texts:
        key, is_given, value = text.partition("=")
        row = find(key) if is_given else None
        if row is None:
            raise ConfigError(f"{text!r} sets nothing", remedy="write section.key=value, see `mmtui generate-config -`")
        parsed = row.parse(value)
        if isinstance(parsed, Refusal):
            raise ConfigError(f"{row.key}: {parsed}", remedy="see `mmtui generate-config -`")
        values[row.key] = parsed
    return values
