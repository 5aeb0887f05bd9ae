"""What requests cost: the ledger, the budget, and one request's bill."""
