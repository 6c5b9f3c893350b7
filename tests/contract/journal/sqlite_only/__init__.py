"""What only a journal on disk can promise: several processes, crashes, files, a queue."""
