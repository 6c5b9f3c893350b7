"""Pacing of calls to a chat platform: what its limits allow, the most urgent first."""
