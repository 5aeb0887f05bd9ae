"""Streaming decoders with no I/O: JSON, base64, data URLs."""
