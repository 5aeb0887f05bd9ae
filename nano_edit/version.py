"""The version of the program, read by the build and by all that tell of it."""

VERSION = "0.1.0"
