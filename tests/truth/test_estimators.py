"""Every estimator finds the truth of a simulated market within the published error."""

import pytest

from tests.truth.bands import Experiment, findings
from tests.truth.components import COMPONENTS
from tests.truth.experiments import EXPERIMENTS
from tests.truth.processes import PROCESSES

ALL = (*EXPERIMENTS, *COMPONENTS, *PROCESSES)


@pytest.mark.parametrize("experiment", ALL, ids=[experiment.name for experiment in ALL])
def test_the_estimate_is_as_near_the_truth_as_published(experiment: Experiment) -> None:
    for found in findings(experiment):
        assert found.holds, found
