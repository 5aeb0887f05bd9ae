"""What a person sees while edits run and when they end."""
