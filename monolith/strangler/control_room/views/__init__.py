"""The doors of the control room: each turns a request into one call and its answer into a page."""
