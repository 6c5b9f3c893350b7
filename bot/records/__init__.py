"""Events and effects as bytes: codec, versions, hash chain, and the rows made from events."""
