"""One HTTP request and its response over httpx."""
