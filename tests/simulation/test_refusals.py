"""Refusals of the exchange reach the log under the documents' names, with the remedy."""

import msgspec
import pytest

from mmtui.domain.events import ActionAnswered, ActionFailed, Certainty, OutcomeKind, RefusalReason
from mmtui.errors import REMEDIES, VenueCode

TEXT = "the venue's own words. asset=1"


@pytest.mark.parametrize("code", list(VenueCode), ids=lambda code: code.value)
def test_a_refused_order_is_logged_with_its_code_and_remedy(make_session, code) -> None:
    session = make_session("ETH")

    def refuse(event):
        if not isinstance(event, ActionAnswered):
            return event
        outcomes = tuple(
            msgspec.structs.replace(
                outcome, kind=OutcomeKind.REFUSED, reason=RefusalReason.OTHER, text=f"{code.value}: {TEXT}"
            )
            if outcome.kind is OutcomeKind.RESTING
            else outcome
            for outcome in event.outcomes
        )
        return msgspec.structs.replace(event, outcomes=outcomes)

    session.on_event = refuse
    session.run(60)
    refused = [line for line in session.logs if line.message == "Order refused"]
    assert refused
    assert {line.code for line in refused} == {code.value}
    assert {line.fields["remedy"] for line in refused} == {REMEDIES[code]}


def test_a_failed_request_is_named_and_an_unfamiliar_text_is_not(make_session) -> None:
    session = make_session("ETH")
    session.run(5)
    for text, code in ((f"RateLimited: {TEXT}", "RateLimited"), (TEXT, "")):
        session.feed(
            ActionFailed(
                received_at=session.now_ms / 1000.0,
                request_id=10_000,
                certainty=Certainty.NOT_EXECUTED,
                reason=RefusalReason.RATE_LIMITED,
                text=text,
            )
        )
        line = next(line for line in reversed(session.logs) if line.message == "Request failed")
        assert line.code == code
