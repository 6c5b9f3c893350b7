"""Events and effects as bytes: codec, versions, hash chain, and the rows that are folded from events."""
