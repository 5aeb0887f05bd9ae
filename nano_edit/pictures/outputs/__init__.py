"""From the picture that came to the file: checked, converted, renamed into place."""
