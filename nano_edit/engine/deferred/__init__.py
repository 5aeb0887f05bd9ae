"""Many edits made later at half the price: submitted, asked after, fetched."""
