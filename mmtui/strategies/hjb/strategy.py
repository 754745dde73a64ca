"""The documents' controller as a strategy, with the documents' functions.

Owns the choice of the mode and what is remembered between calls: gamma's rate limit, the solved table, the
last state and control. Source: models.md 4, requirement names of the controller.
"""

from mmtui.domain.parameters import Settings
from mmtui.strategies.gamma import GammaState, multipliers
from mmtui.strategies.hjb.components import HJBComponents
from mmtui.strategies.hjb.control import ControlVector, heuristic_control
from mmtui.strategies.hjb.heuristic import heuristic_pricing
from mmtui.strategies.hjb.pricing import Pricing, priced_ladder
from mmtui.strategies.hjb.solved import SolvedPricer
from mmtui.strategies.hjb.solver import warm_up
from mmtui.strategies.hjb.state import StateVector, state_vector
from mmtui.strategies.hjb.tuning import HjbMode, HjbTuning
from mmtui.strategies.inputs import utilisation
from mmtui.strategies.placement import no_ladder, reference_price
from mmtui.strategies.quote import AbsenceReason, Ladder, QuoteContext


class HjbStrategy:
    """One quote a side by the controller; takers only as it asks for them and the settings allow."""

    __slots__ = ("_gamma", "_last", "_pricer", "_settings", "_tuning")

    def __init__(self) -> None:
        warm_up()
        self._gamma = GammaState()
        self._pricer = SolvedPricer()
        self._settings: Settings | None = None
        self._tuning: HjbTuning | None = None
        self._last: tuple[StateVector, Pricing] | None = None

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "hjb"

    def ladder(self, context: QuoteContext, settings: Settings) -> Ladder:
        """The quotes wanted now."""
        tuning = self._tuning_of(settings)
        reference = reference_price(context, tuning.lean.is_fair_wanted)
        if reference is None:
            return no_ladder(AbsenceReason.NO_REFERENCE)
        state = _state(context, tuning)
        pricing = self._pricing(context, tuning, state, is_fair=reference[1] == "fair")
        self._last = state, pricing
        return priced_ladder(context, tuning, state, pricing, reference)

    def get_state_vector(self) -> StateVector | None:
        """The state of the last quotes; None before the first."""
        return self._last[0] if self._last else None

    def get_control_vector(self) -> ControlVector | None:
        """The control of the last quotes, before it met the grid; None before the first."""
        return self._last[1].control if self._last else None

    def get_expected_fill_rates(self) -> tuple[float, float] | None:
        """Fills per second of bid and ask that the last control expects; None before the first."""
        return self._last[1].components.expected_fill_rates(self._last[1].control) if self._last else None

    def get_hjb_components(self) -> HJBComponents | None:
        """Fill rates and value function of the last quotes; None before the first."""
        return self._last[1].components if self._last else None

    def calculate_optimal_control(self, context: QuoteContext, settings: Settings) -> ControlVector:
        """The documents' rules at this context, before floors and caps."""
        tuning = self._tuning_of(settings)
        state = _state(context, tuning)
        return heuristic_control(state.utilisation, state.drift_score, state.lob_imbalance, tuning.rules)

    def calculate_optimal_control_hjb(self, context: QuoteContext, settings: Settings) -> ControlVector:
        """The search over the control space at this context, its value function solved to the end first."""
        tuning = HjbTuning.from_settings(settings.with_values({"strategy.hjb.mode": HjbMode.GRID.value}))
        state, pricer = _state(context, tuning), SolvedPricer()
        factors = multipliers(context.estimates, utilisation(context), tuning.gamma, context.now)
        gamma = GammaState().update(context.now, factors, tuning.gamma)
        while True:
            pricing = pricer.pricing(context, tuning, state, gamma, is_fair=tuning.lean.is_fair_wanted)
            if not pricer.keeper.is_solving:
                return pricing.control

    def _pricing(self, context: QuoteContext, tuning: HjbTuning, state: StateVector, *, is_fair: bool) -> Pricing:
        if tuning.mode is HjbMode.HEURISTIC:
            return heuristic_pricing(context, tuning, state, is_fair=is_fair)
        factors = multipliers(context.estimates, utilisation(context), tuning.gamma, context.now)
        gamma = self._gamma.update(context.now, factors, tuning.gamma)
        return self._pricer.pricing(context, tuning, state, gamma, is_fair=is_fair)

    def _tuning_of(self, settings: Settings) -> HjbTuning:
        if self._tuning is None or settings is not self._settings:
            self._tuning = HjbTuning.from_settings(settings)
            self._settings = settings
        return self._tuning


def _state(context: QuoteContext, tuning: HjbTuning) -> StateVector:
    return state_vector(
        context,
        utilisation(context),
        drift_beta_bps=tuning.lean.drift_beta_bps,
        drift_decay=tuning.lean.drift_decay,
    )
