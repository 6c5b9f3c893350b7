"""What every journal promises: the same sentences for the one on disk and the one in memory."""
