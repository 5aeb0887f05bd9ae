"""Only what was asked changes: geometry, alignment, pasting and measuring.

Boxes and pixel arrays in, boxes and pixel arrays out; `combine` and `compare` join
the parts.  All of it but `boxes` needs the packages of the extra ``precise``.
"""
