"""What the shop runs on: AWS by CDK, and the same on one machine."""
