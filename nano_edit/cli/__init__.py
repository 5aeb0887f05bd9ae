"""The command line: options in, messages and exit statuses out."""
