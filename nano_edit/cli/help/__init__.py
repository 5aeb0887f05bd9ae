"""Help and reference, made from the table of options."""
