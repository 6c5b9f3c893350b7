"""Commands on inventory hosts over SSH: the executor, its links, and the host's receipts."""
