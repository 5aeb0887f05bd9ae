"""Many edits: the plan, the run, the manifest and the summary."""
