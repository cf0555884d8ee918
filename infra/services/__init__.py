"""One stack per extracted service, under the same name as its folder."""
