"""Where products are kept, and the index that is made of them: built, published, opened."""
