"""Fakes, emulators and real servers that the tests share."""
