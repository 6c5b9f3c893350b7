"""The numbers and words that every journal keeps to; their promises stand in `bot.ports`."""

from datetime import timedelta

ANSWERS_KEPT = timedelta(days=8)
"""How long the answer of a request is known (DESIGN section 7)."""
EFFECTS_KEPT = timedelta(days=30)
"""How long an effect that was carried out, or parked, keeps its row; streams tell of it.

Far beyond any lease and any run. Cards keep theirs: it says where each copy is shown.
"""
ALERTS_KEPT = timedelta(days=90)
"""How long an alert that was read keeps its row after it was last seen, its group closed."""
LONGEST_LEASE = timedelta(minutes=10)
"""No lease is as long: one that ends later was given before the clock was set back."""
ONE_JUMP = timedelta(seconds=30)
"""Processes that notice within this time that the clock was set speak of one jump."""
FIRST_NEWS = 20
"""How many alerts `AlertNews.first` holds."""
QUARANTINE_KEPT = 1000
"""How many malformed alerts survive `prune`, the newest ones."""
EVERYTHING = "*"
"""The scope of a freeze that covers all services (`FreezeRow`)."""
