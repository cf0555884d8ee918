"""The web application with its watches blinded: what the fault table has to notice."""

from monolith.config.wsgi import application  # noqa: F401
from monolith.strangler.counting import watches

watches.look = lambda *_observations, **_when: None
