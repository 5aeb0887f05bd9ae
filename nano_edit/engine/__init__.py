"""One edit and many: attempts, retries, batches.  Knows no terminal."""
