"""Pages of ordering: the basket, the check-out, a customer's orders."""
