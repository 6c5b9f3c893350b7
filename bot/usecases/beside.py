"""Values that travel beside the calls, for as long as a `with` lasts."""

from contextvars import ContextVar, Token
from typing import Generic, TypeVar, final

T = TypeVar("T")


@final
class Beside(Generic[T]):
    """Gives a context variable a value inside a `with`, and the one of before after it.

    A class, because every effect enters two of these, and a generator's costs three times as much.
    """

    __slots__ = ("_before", "_value", "_variable")

    def __init__(self, variable: ContextVar[T], value: T) -> None:
        self._variable = variable
        self._value = value
        self._before: Token[T] | None = None

    def __enter__(self) -> None:
        """Give it the value."""
        self._before = self._variable.set(self._value)

    def __exit__(self, *_: object) -> None:
        """Give it back what it had; a fault goes on its way."""
        if self._before is not None:
            self._variable.reset(self._before)
