"""BottleCRM (django-crm 1.35) over its REST API and signed webhooks, as lead management."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.bottlecrm.options import BottleCrmOptions
from adapters.bottlecrm.port import BottleCrmPort
from adapters.bottlecrm.webhooks import BottleCrmWebhooks
from hub.ports.system import Adapter
from hub.records.identity import SystemName


def _webhooks(_name: SystemName, options: BottleCrmOptions) -> BottleCrmWebhooks | None:
    secrets = [secret.get_secret_value() for secret in options.webhook_secrets]
    return BottleCrmWebhooks(secrets, options.entities) if secrets else None


ADAPTER: Final = Adapter(
    name="bottlecrm",
    options=BottleCrmOptions,
    open=BottleCrmPort,
    mappings=Path(__file__).with_name("mappings"),
    webhooks=_webhooks,
)
