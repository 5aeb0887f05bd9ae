"""Replies that were paid for: kept until their picture is in place, or cached."""
