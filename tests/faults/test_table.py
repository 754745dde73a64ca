"""The matrix is whole: every row has a test or a reason, and no test claims a row that does not exist."""

from tests.faults.incidents import INCIDENTS
from tests.faults.proofs import proofs
from tests.faults.rows import FAULTS, WHY_NOT


def test_the_rows_are_the_hundred_and_twenty_faults_and_the_forty_two_incidents() -> None:
    assert list(FAULTS) == [f"F{n:02d}" for n in range(1, 121)]
    assert list(INCIDENTS) == [f"B{n}" for n in range(1, 43)]


def test_every_fault_has_a_test_or_a_reason_why_not() -> None:
    assert [key for key in FAULTS if key not in proofs() and key not in WHY_NOT] == []
    assert [key for key in WHY_NOT if key in proofs()] == [], "a reason beside a test is out of date"


def test_every_incident_has_a_test() -> None:
    assert [key for key in INCIDENTS if key not in proofs()] == []


def test_no_test_claims_a_row_that_does_not_exist() -> None:
    assert sorted(set(proofs()) - set(FAULTS) - set(INCIDENTS)) == []
    assert set(WHY_NOT) <= set(FAULTS)
