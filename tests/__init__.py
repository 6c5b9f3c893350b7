"""Tests: a file per behaviour, names are sentences."""
