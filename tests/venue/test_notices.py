"""What the venue sends that cannot be used is told when there is more of it, and not else."""

from mmtui.venues.hyperliquid.feeds import FeedCounts
from mmtui.venues.hyperliquid.notices import QUIET_S, Notices


def told(notices: Notices, now_s: float, counts: FeedCounts) -> list[tuple[str, int]]:
    return [(notice.code, notice.count) for notice in notices.look(now_s, counts)]


def test_nothing_is_told_while_nothing_is_turned_away() -> None:
    assert told(Notices(), 5.0, FeedCounts(messages=1_000, other_coins=7)) == []


def test_more_of_a_kind_is_told_with_the_count_since_it_was_quiet() -> None:
    notices = Notices()
    assert told(notices, 0.0, FeedCounts(refused_frames=2)) == [("bad-frames", 2)]
    assert told(notices, 1.0, FeedCounts(refused_frames=2)) == []
    assert told(notices, 2.0, FeedCounts(refused_frames=5, unread_channels=1)) == [
        ("bad-frames", 5),
        ("unknown-channels", 1),
    ]
    later = 2.0 + QUIET_S + 1.0
    assert told(notices, later, FeedCounts(refused_frames=6, unread_channels=1)) == [("bad-frames", 1)]
