"""An account that begins with a position: at the mark, without fee or fill, and the exchange's books still balance."""

from mmtui.research.simulation import ACCOUNT, synthetic_exchange


def test_a_granted_position_is_held_at_the_mark_and_nothing_is_created() -> None:
    exchange = synthetic_exchange("BTC", seed=1)
    exchange.grant(ACCOUNT, "BTC", -400)
    exchange.advance(exchange.now_ms + 1_000)
    statement = exchange.statements.statement(ACCOUNT, "")
    (row,) = statement.positions
    assert (row.coin, row.size) == ("BTC", -400)
    assert not exchange.statements.fills(ACCOUNT)
    assert exchange.unaccounted_micro("") == 0
