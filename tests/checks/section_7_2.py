"""Share of informed fills: models.md 7.2."""

from mmtui.estimators.adverse.informed import chance_beyond, informed_share, share_beyond
from tests.checks.printed import printed

CHECKS = (
    printed("7.2", "chance beyond one deviation", "0.158655253931", chance_beyond),
    printed("7.2", "share beyond, 12 of 40", "0.271731051", lambda: share_beyond(12.0, 40.0)),
    printed("7.2", "informed share, 12 of 40", "0.134398886", lambda: informed_share(12.0, 40.0)),
    printed("7.2", "informed share without fills", "0", lambda: informed_share(0.0, 0.0)),
)
