"""nano-edit beside what people would use instead, measured in one run.

``python -m benchmarks`` makes its own virtual environments, pictures and server,
runs every contender as a whole process in turn, and prints a Markdown table and
JSON.  Nothing here is imported by the program, and the program only as a process.
"""
