"""BottleCRM as it is shipped, but for five things that a test on one machine needs. Runs in BottleCRM's environment.

- Its guard against server-side request forgery refuses loopback addresses, plain HTTP and other ports than 443, and so
  every hub under test: `is_blocked`, the schemes and the ports are let through HERE. Never do so in production.
- Celery runs tasks at once and in the request, so that no worker and no Redis is needed.
- Its logs stay in the home's folder.
- Sessions of the tests may last longer than an hour.
- Its clock can be moved: see `bottlecrm_test_clock`.
"""

from datetime import timedelta

import webhooks.ssrf
from crm.settings import *  # noqa: F403
from crm.settings import INSTALLED_APPS, SIMPLE_JWT

webhooks.ssrf.is_blocked = lambda ip: False
webhooks.ssrf._allowed_schemes = lambda: ("http", "https")
webhooks.ssrf._allowed_ports = lambda: range(1, 65536)

CELERY_TASK_ALWAYS_EAGER = True
CELERY_BROKER_URL = "memory://"
CELERY_RESULT_BACKEND = "cache+memory://"
SIMPLE_JWT = {**SIMPLE_JWT, "ACCESS_TOKEN_LIFETIME": timedelta(days=1)}
INSTALLED_APPS = [*INSTALLED_APPS, "bottlecrm_test_clock.Clock"]
