"""Settings: flags, variables, configuration file, keys."""
