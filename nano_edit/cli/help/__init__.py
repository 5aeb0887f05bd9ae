"""Help: pages for the reader's terminal, and tables for the documents."""
