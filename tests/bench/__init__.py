"""Figures: ratios with both sides measured in one interleaved run."""
