"""Ten minutes of each way in which a platform fails, on a moved clock, over the real adapters."""
