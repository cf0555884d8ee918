"""What customers see while the service, its events or the control plane fail."""
