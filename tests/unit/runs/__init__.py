"""Runs from the typed line to their end, over journals and hosts in memory."""
