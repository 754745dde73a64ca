"""The desk of consultations: whatever an expert does, whoever asked hears of it, and the others are served."""

import asyncio

import pytest

from mmtui.domain.consultations import Consultation, CostFlatten, Finding, ListPresets, Preview, Unable
from mmtui.errors import ConfigError
from mmtui.runtime.consulting.desk import AT_ONCE_MAX, ConsultingDesk, Say


async def _defective(_: Consultation, __: Say) -> Finding:
    raise ZeroDivisionError("the words of the defect")


async def _refusing(_: Consultation, __: Say) -> Finding:
    raise ConfigError("no such preset")


async def _endless(_: Consultation, __: Say) -> Finding:
    await asyncio.Event().wait()
    raise AssertionError


class Asked:
    """A desk, and everything that was said and noted."""

    def __init__(self) -> None:
        self.said: list[Finding] = []
        self.notes: list[str] = []
        experts = {CostFlatten: _defective, ListPresets: _refusing, Preview: _endless}
        self.desk = ConsultingDesk(experts, note=self.notes.append)


async def test_an_expert_that_fails_by_a_defect_is_told_of_and_noted_without_its_words() -> None:
    asked = Asked()
    asked.desk.take(CostFlatten(id="1"), asked.said.append)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [type(finding) for finding in asked.said] == [Unable]
    assert "ZeroDivisionError" in asked.notes[0]
    assert "words" not in repr((asked.said, asked.notes))


async def test_what_an_expert_refuses_is_told_in_its_words_and_noted_nowhere() -> None:
    asked = Asked()
    asked.desk.take(ListPresets(id="2"), asked.said.append)
    await asyncio.sleep(0)
    assert asked.said == [Unable(id="2", text="no such preset")]
    assert asked.notes == []


async def test_more_than_can_be_worked_on_is_refused_at_once_and_room_comes_back() -> None:
    asked = Asked()
    calls = [asked.desk.take(Preview(id=str(i), changes={}), asked.said.append) for i in range(AT_ONCE_MAX + 1)]
    assert [finding.id for finding in asked.said] == [str(AT_ONCE_MAX)]
    calls[0]()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asked.desk.take(ListPresets(id="then"), asked.said.append)
    await asyncio.sleep(0)
    assert asked.said[-1] == Unable(id="then", text="no such preset")
    await asked.desk.close()
    assert isinstance(asked.said[0], Unable)


@pytest.mark.parametrize("count", [1, AT_ONCE_MAX])
async def test_work_that_is_called_off_or_ended_with_the_desk_says_nothing(count: int) -> None:
    asked = Asked()
    for place in range(count):
        asked.desk.take(Preview(id=str(place), changes={}), asked.said.append)
    await asked.desk.close()
    assert asked.said == []
