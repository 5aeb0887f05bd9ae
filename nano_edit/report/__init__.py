"""The HTML report: records in, one page out.

A record is the JSON object of one edit, as ``--json`` and the manifest have it.
`writer` takes it, `entry` reads it, `markup` makes HTML of it, `totals` is what
stands at the page's top.  ``page.html`` is the frame (a `string.Template`);
``page.css`` and ``page.js`` go into it as they are.  The page works without the
script; the script adds the slider, the filter and the keyboard.
"""
