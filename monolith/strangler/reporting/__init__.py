"""How the moving reads stand, in words and figures: for people who look on, and for Prometheus."""
