"""The web application, for any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

from monolith.config import tracing
from monolith.strangler import pulse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monolith.config.settings")
application = get_wsgi_application()
tracing.start("web")
pulse.start("web")
