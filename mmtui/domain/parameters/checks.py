"""Relations between settings that no single bound can express."""

from collections.abc import Callable
from typing import TypeAlias

from mmtui.domain.parameters.schema import Kind, Parameter, Refusal, Tightens, Value, shown
from mmtui.domain.parameters.settings import Settings

CrossCheck: TypeAlias = Callable[[Settings], tuple[str, Refusal] | None]

TARGET_TO_LIMIT_MAX = 0.4
HOURS_A_DAY = 24
RATIO_MAX = 2.0


def _ordered(low: str, high: str) -> CrossCheck:
    def check(settings: Settings) -> tuple[str, Refusal] | None:
        a, b = settings.number(low), settings.number(high)
        if a <= b:
            return None
        return low, Refusal(f"{a:g}", f"at most {high} = {b:g}")

    return check


def target_liquidity_max(limit: float) -> float:
    """Largest size of one side that leaves a position limit room for what fills. Source: models.md 11."""
    return TARGET_TO_LIMIT_MAX * limit


def _size_within_limit(settings: Settings) -> tuple[str, Refusal] | None:
    size, limit = (
        settings.number("trading.target_liquidity"),
        settings.number("trading.max_absolute_position_size"),
    )
    if size and limit and size > target_liquidity_max(limit) * (1 + 1e-9):
        return "trading.target_liquidity", Refusal(
            f"{size:g} with max_absolute_position_size = {limit:g}",
            f"at most {TARGET_TO_LIMIT_MAX:g} x max_absolute_position_size = {target_liquidity_max(limit):g}",
            "one full side must not fill the limit",
        )
    if not size and not limit:
        notional, cap = (
            settings.number("trading.order_notional_usd"),
            settings.number("trading.max_position_usd"),
        )
        if notional > target_liquidity_max(cap) * (1 + 1e-9):
            return "trading.order_notional_usd", Refusal(
                f"{notional:g} with max_position_usd = {cap:g}",
                f"at most {TARGET_TO_LIMIT_MAX:g} x max_position_usd = {target_liquidity_max(cap):g}",
                "one full side must not fill the limit",
            )
    return None


def _position_within_value(settings: Settings) -> tuple[str, Refusal] | None:
    if settings.number("trading.max_absolute_position_size"):
        return None
    limit, value = settings.number("trading.max_position_usd"), settings.number("risk.max_position_value_usd")
    if limit <= value:
        return None
    return "trading.max_position_usd", Refusal(
        f"{limit:g}",
        f"at most risk.max_position_value_usd = {value:g}",
        "else the first fills would reduce-only",
    )


def _switch(settings: Settings) -> tuple[str, Refusal] | None:
    renew_s, horizon_s = settings.number("execution.switch_renew_s"), settings.number("execution.switch_horizon_s")
    if renew_s <= horizon_s / 3.0:
        return None
    expected = f"at most a third of switch_horizon_s = {horizon_s:g}"
    return "execution.switch_renew_s", Refusal(f"{renew_s:g}", expected, "one lost renewal must not stop the quoting")


def _leverage(settings: Settings) -> tuple[str, Refusal] | None:
    text = settings.text("trading.leverage")
    if text in ("", "max") or (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 100):
        return None
    return "trading.leverage", Refusal(shown(text), 'a whole number from 1 to 100, or "max"')


def _clamp(settings: Settings) -> tuple[str, Refusal] | None:
    text = settings.text("estimators.microprice_clamp")
    digits = text.replace(".", "", 1)
    if text == "bbo" or (digits.isascii() and digits.isdigit() and 0.0 < float(text) <= 100.0):
        return None
    return "estimators.microprice_clamp", Refusal(shown(text), '"bbo" or bps from 0 to 100')


def hours_of(text: str) -> frozenset[int] | None:
    """The hours of the day that a comma-separated list names; None for anything else."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) <= 2 and int(part) < HOURS_A_DAY for part in parts):
        return None
    return frozenset(int(part) for part in parts)


def _hours(settings: Settings) -> tuple[str, Refusal] | None:
    text = settings.text("risk.toxic_hours_utc")
    if hours_of(text) is not None:
        return None
    return "risk.toxic_hours_utc", Refusal(shown(text), "hours from 0 to 23 separated by commas, such as 6,7,14")


def addresses_of(text: str) -> frozenset[str] | None:
    """The addresses that a comma-separated list names, in lower case; None for anything else."""
    parts = [part.strip().lower() for part in text.split(",") if part.strip()]
    return frozenset(parts) if all(_is_address(part) for part in parts) else None


def _is_address(text: str) -> bool:
    digits = text[2:]
    return text.startswith("0x") and len(digits) == 40 and all(c in "0123456789abcdefABCDEF" for c in digits)


def _liquidators(settings: Settings) -> tuple[str, Refusal] | None:
    text = settings.text("estimators.liquidator_addresses")
    if addresses_of(text) is not None:
        return None
    return "estimators.liquidator_addresses", Refusal(shown(text), "addresses of 0x and 40 hexadecimal digits, commas")


def _address(key: str) -> CrossCheck:
    def check(settings: Settings) -> tuple[str, Refusal] | None:
        text = settings.text(key)
        if not text or _is_address(text):
            return None
        return key, Refusal(shown(text), "0x and 40 hexadecimal digits")

    return check


CROSS_CHECKS: tuple[CrossCheck, ...] = (
    _ordered("strategy.ladder_config.min_depth_bps", "strategy.ladder_config.max_depth_bps"),
    _ordered("risk.gamma_min", "risk.gamma_max"),
    _ordered("estimators.kappa_min", "estimators.kappa_max"),
    _ordered("risk.spread_tight_percentile", "risk.spread_wide_percentile"),
    _ordered("risk.stale_data_s", "risk.stale_kill_s"),
    _ordered("risk.cascade_pull_threshold", "risk.cascade_kill_threshold"),
    _size_within_limit,
    _position_within_value,
    _switch,
    _leverage,
    _clamp,
    _hours,
    _liquidators,
    _address("network.account_address"),
    _address("network.vault_address"),
    _address("network.confirm_mainnet"),
)


def cross_problems(settings: Settings) -> list[tuple[str, Refusal]]:
    """Every broken relation as (key, refusal)."""
    return [problem for check in CROSS_CHECKS if (problem := check(settings)) is not None]


def leap(row: Parameter, before: Value, after: Value) -> str:
    """Why a number may not be changed so far at once where real money trades; "" when it may."""
    if row.kind is not Kind.NUMBER or isinstance(before, bool | str) or isinstance(after, bool | str):
        return ""
    if row.section == "trading" and row.tightens is not None and (before is None) is not (after is None):
        return "a size in another unit takes over, by a step nobody can measure while LIVE; set it in the file"
    if not before or not after or _is_tighter(row, before, after) or 1 / RATIO_MAX <= after / before <= RATIO_MAX:
        return ""
    return f"more than x{RATIO_MAX:g} in one change while LIVE; go from {before:.10g} in steps"


def _is_tighter(row: Parameter, before: float, after: float) -> bool:
    return row.tightens is not None and (after < before if row.tightens is Tightens.DOWN else after > before)


def notices(settings: Settings) -> list[str]:
    """Settings that are allowed but probably not meant, one line each."""
    lines = []
    gap = settings.number("trading.max_bps_diff")
    half = max(settings.number("risk.min_half_spread_bps"), settings.number("strategy.ladder_config.min_depth_bps"))
    if gap >= half / 2:
        lines.append(
            f"trading.max_bps_diff = {gap:g} is not below half of the closest quote's distance ({half:g} bps): "
            "a resting quote may come close to the mid before it is moved"
        )
    if settings.number("trading.risk_aversion") > 1.0:
        lines.append("trading.risk_aversion is above 1: very conservative")
    return lines
