"""Local AWS: ministack embedded, with crash-safe state and its Lambdas run by the Lambda host.

Runs in its own virtual environment: nothing here imports the rest of the project.
"""
