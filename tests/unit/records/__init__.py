"""Records: the hash chain, the codec, the rows."""
