"""The web application, for any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

from monolith.config import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monolith.config.settings")
application = get_wsgi_application()

# Its models can only be loaded once the application is.
from monolith.strangler import pulse  # noqa: E402

tracing.start("web")
pulse.start("web")
