"""Finished edits: what was asked, of what, and the replies, so that one can go on."""
