"""Pictures and the disk: what goes in, what is kept.  Knows no HTTP."""
