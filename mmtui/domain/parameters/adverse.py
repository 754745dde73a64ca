"""How fills that lose and liquidations of others are answered."""

from mmtui.domain.parameters.schema import Kind, Parameter, Tightens

HLP_LIQUIDATOR = "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14"

ADVERSE: tuple[Parameter, ...] = (
    Parameter(
        key="strategy.as_cap_bps",
        kind=Kind.NUMBER,
        default=10.0,
        unit="bps",
        low=0.0,
        high=100.0,
        live=True,
        aliases=("as_cap",),
        help="Most adverse selection a quote charges for.",
        effect="higher widens more after fills that lost",
    ),
    Parameter(
        key="risk.adverse_pull_fills",
        kind=Kind.COUNT,
        default=20,
        low=0,
        high=1000,
        live=True,
        help="A side whose fills have cost more than its half-spread without the charge for them, this many fills in a "
        "row, is pulled unless it reduces; 0 never.",
    ),
    Parameter(
        key="risk.adverse_pull_s",
        kind=Kind.NUMBER,
        default=10.0,
        unit="s",
        low=1.0,
        high=3600.0,
        live=True,
        help="How long it stays pulled.",
    ),
    Parameter(
        key="risk.cascade_reduce_threshold",
        kind=Kind.NUMBER,
        default=0.5,
        low=0.05,
        high=1.0,
        live=True,
        tightens=Tightens.DOWN,
        help="Cascade severity from which the side that is run over shows one minus the severity of its size.",
    ),
    Parameter(
        key="risk.cascade_directional",
        kind=Kind.FLAG,
        default=False,
        live=True,
        help="Pull the side that is run over already at risk.cascade_reduce_threshold, unless it reduces.",
    ),
    Parameter(
        key="estimators.cascade_slow_weight",
        kind=Kind.NUMBER,
        default=0.0,
        low=0.0,
        high=1.0,
        live=True,
        help="Weight of a second, slower memory of liquidations; 0.3 covers the wave after the exchange's 30 s pause.",
        effect="higher keeps quotes careful for longer",
    ),
    Parameter(
        key="estimators.cascade_slow_half_life_s",
        kind=Kind.NUMBER,
        default=30.0,
        unit="s",
        low=10.0,
        high=600.0,
        live=True,
        help="Half-life of that memory.",
    ),
    Parameter(
        key="estimators.liquidator_addresses",
        kind=Kind.TEXT,
        default=HLP_LIQUIDATOR,
        live=True,
        help="Addresses that take over liquidated positions, separated by commas: what they trade is a liquidation.",
    ),
)
