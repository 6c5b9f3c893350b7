"""The Bot API on loopback, for tests."""
