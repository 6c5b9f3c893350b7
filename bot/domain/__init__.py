"""The pure core: each noun has its states, its table, decide and evolve."""
