"""How text is cut into words for search, the same in every journal."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> frozenset[str]:
    """Return the letters-and-digits words of `text`, case and width folded."""
    return frozenset(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
