"""The journal in memory: for tests and the simulator, where nothing has to outlive the process."""

from bot.adapters.memory.journal import MemoryJournal

__all__ = ["MemoryJournal"]
