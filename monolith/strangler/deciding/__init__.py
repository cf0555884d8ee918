"""Who answers a read: stages, rungs, the canary's lots and the rules of the decision. Pure."""
