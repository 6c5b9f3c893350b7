"""Pure behaviour, no I/O."""
