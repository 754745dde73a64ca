"""The settings that a calibration suggests, and the file that a configuration includes.

Owns which finding becomes which setting, how a value is held within the setting's bounds, and the text of the
file. Holds names of the schema only. Never reads a configuration.
"""

import math
from collections.abc import Iterator

import msgspec

from mmtui import __version__
from mmtui.domain.parameters import Settings, parameter
from mmtui.domain.units import BPS
from mmtui.research.calibration.figures import DIGITS, figure
from mmtui.research.calibration.findings import Finding
from mmtui.research.calibration.fitting import Calibration
from mmtui.runtime.files import utc_text

STRENGTH_MAX = 50.0
WINDOW_MAX_S = 600.0


class Suggested(msgspec.Struct, frozen=True):
    """A setting with its value, or None where the prior is kept, and why, in one line."""

    key: str
    value: float | None
    why: str


def suggested(calibration: Calibration, settings: Settings) -> tuple[Suggested, ...]:
    """Every setting that a calibration may set, in the order of the file."""
    rows = [
        _from_finding("estimators.kappa_prior", calibration.finding("kappa both"), 1.0),
        _strength(calibration),
        *_intensity(calibration, settings),
        _from_finding("estimators.hawkes_decay", calibration.finding("Hawkes decay"), 1.0),
        _from_finding("estimators.adverse_prior_bps", _cost(calibration, settings), 1.0),
        _window(calibration),
        _from_finding("risk.sigma_baseline", calibration.finding("sigma"), 1.0 / BPS),
    ]
    return tuple(_bounded(row) for row in rows)


def profile_text(calibration: Calibration, rows: tuple[Suggested, ...]) -> str:
    """The file: settings with the figures behind them as comments."""
    lines = [
        f"# Priors for {calibration.coin}, fitted by mmtui {__version__} to recorded market data.",
        f"# From {utc_text(calibration.first)} to {utc_text(calibration.last)},",
        f"# {calibration.watched_s / 60.0:.1f} min watched, in:",
        *(f"#   {_comment(name)}" for name in calibration.files),
        '# Use: include = "profile.toml" above the first section of the configuration, without these settings in it.',
        "# What is learned while trading takes over within minutes: these are where it begins.",
    ]
    section = ""
    for row in rows:
        named, _, name = row.key.rpartition(".")
        if named != section:
            section = named
            lines += ["", f"[{section}]"]
        lines.append(f"# {_comment(row.why)}")
        if row.value is None:
            lines.append(f"# {name} is kept")
        else:
            lines.append(f"{name} = {_number(row.value)}")
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _number(value: float) -> str:
    text = figure(value)
    return text if any(mark in text for mark in ".e") else f"{text}.0"


def _from_finding(key: str, finding: Finding | None, factor: float) -> Suggested:
    if finding is None:
        return Suggested(key, None, "nothing recorded: prior kept")
    if not finding.is_taken or finding.value is None:
        return Suggested(key, None, f"{finding.words} (n {finding.n})")
    return Suggested(key, finding.value * factor, _figures(finding))


def _figures(finding: Finding) -> str:
    between = f" ({figure(finding.interval.low)} to {figure(finding.interval.high)})" if finding.interval else ""
    unit = f" {finding.unit}" if finding.unit else ""
    fit = f", {finding.fit}" if finding.fit else ""
    return f"{finding.name} {figure(finding.value or 0.0)}{unit}{between}, n {finding.n}{fit}: {finding.words}"


def _strength(calibration: Calibration) -> Suggested:
    key = "estimators.kappa_prior_strength"
    strength, kappa = calibration.strength, calibration.finding("kappa both")
    if strength is None or kappa is None or not kappa.is_taken:
        return Suggested(key, None, "too few stretches to see kappa vary: prior kept")
    variation = 1.0 / math.sqrt(strength) if strength < math.inf else 0.0
    why = f"kappa varies by {variation:.0%} between stretches of its memory, beyond chance"
    if strength > STRENGTH_MAX:
        return Suggested(key, STRENGTH_MAX, f"{why}; held at {STRENGTH_MAX:g} so that minutes of evidence still count")
    return Suggested(key, strength, why)


def _intensity(calibration: Calibration, settings: Settings) -> Iterator[Suggested]:
    events, seconds = "estimators.intensity_prior_events", "estimators.intensity_prior_s"
    level = calibration.finding("A both")
    if level is None or not level.is_taken or not calibration.rate_beyond_touch > 0.0:
        yield Suggested(events, None, level.words if level else "nothing recorded: prior kept")
        yield Suggested(seconds, None, "goes with the orders: prior kept")
        return
    rate, watch_s = calibration.rate_beyond_touch, settings.number(seconds)
    watch_s = max(watch_s, parameter(events).low / rate)
    yield Suggested(events, rate * watch_s, _figures(level))
    yield Suggested(
        seconds, watch_s, f"{figure(rate)} orders a second and side go beyond {calibration.touch_bps:.2g} bp"
    )


def _cost(calibration: Calibration, settings: Settings) -> Finding | None:
    """Own fills where there are enough, else the tape's: beyond the touch, where quotes stand, or at it."""
    horizon_s = settings.number("estimators.adverse_horizon_s")
    names = (f"adverse own {horizon_s:g} s", f"adverse deep {horizon_s:g} s", f"adverse {horizon_s:g} s")
    found = [finding for name in names if (finding := calibration.finding(name)) is not None]
    return next((finding for finding in found if finding.is_taken), found[-1] if found else None)


def _window(calibration: Calibration) -> Suggested:
    key = "estimators.microprice_window_s"
    slope = calibration.finding("beta book")
    if calibration.window_s is None or slope is None or not slope.is_taken:
        return Suggested(key, None, slope.words if slope else "nothing recorded: prior kept")
    why = f"slopes are known to a quarter after {calibration.window_s:.3g} s; {slope.fit}"
    if calibration.window_s > WINDOW_MAX_S:
        return Suggested(key, WINDOW_MAX_S, f"{why}; held at {WINDOW_MAX_S:g} s so that they can change")
    default = parameter(key).default
    shortest = float(default) if isinstance(default, int | float) else WINDOW_MAX_S
    return Suggested(key, max(calibration.window_s, shortest), why)


def _bounded(row: Suggested) -> Suggested:
    """The value rounded and within the setting's bounds, saying so where a bound holds it."""
    if row.value is None:
        return row
    schema = parameter(row.key)
    rounded = float(f"{row.value:.{DIGITS}g}")
    held = min(max(rounded, schema.low), schema.high)
    why = row.why if held == rounded else f"{row.why}; {rounded:g} is held at the setting's bound {held:g}"
    return Suggested(row.key, held, why)
