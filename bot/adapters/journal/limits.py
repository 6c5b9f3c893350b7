"""The numbers and words that every journal keeps to; their promises stand in `bot.ports`."""

from datetime import timedelta

ANSWERS_KEPT = timedelta(days=8)
"""How long the answer of a request is known (DESIGN section 7)."""
FIRST_NEWS = 20
"""How many alerts `AlertNews.first` holds."""
QUARANTINE_KEPT = 1000
"""How many malformed alerts survive `prune`, the newest ones."""
EVERYTHING = "*"
"""The scope of a freeze that covers all services (`FreezeRow`)."""
