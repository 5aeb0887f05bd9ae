"""The report's page: from a result (`reading`) by an `entry` to HTML (`markup`).

``page.html`` is the frame (a `string.Template`), ``page.css`` and ``page.js`` go
into it as they are; `summary` is what stands at its top.  The page works without
the script; the script adds the slider, the filter and the keyboard.
"""
