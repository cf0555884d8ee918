"""`make demo`: a read path moves out of a sick monolith while customers look on."""
