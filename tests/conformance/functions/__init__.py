"""Lambda handlers that the conformance suite deploys."""
