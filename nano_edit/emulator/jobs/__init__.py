"""Deferred work: uploaded files, and batches whose results are fetched later."""
