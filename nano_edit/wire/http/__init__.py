"""One HTTP request and its response, and what may go wrong."""
