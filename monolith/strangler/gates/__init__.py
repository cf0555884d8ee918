"""What must be known before a path may climb: a pure verdict on evidence, gate by gate."""
