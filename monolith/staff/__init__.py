"""What the admin pages of the business apps share; it knows none of them."""
