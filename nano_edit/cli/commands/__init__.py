"""One module for each thing that the command line can do."""
