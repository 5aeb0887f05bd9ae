"""The report's page: `markup` writes one edit, the other files are its frame.

``page.html`` is the frame (a `string.Template`), ``page.css`` and ``page.js`` go
into it as they are.  The page works without the script; the script adds the
slider, the filter and the keyboard.
"""
