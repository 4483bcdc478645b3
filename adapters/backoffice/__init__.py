"""The adapter for a back office that carries requests out: one signed call per order, signed reports of its status."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.backoffice.options import BackOfficeOptions
from adapters.backoffice.port import BackOfficePort
from adapters.backoffice.webhooks import BackOfficeWebhooks
from hub.ports.system import Adapter
from hub.records.identity import SystemName


def _webhooks(_name: SystemName, options: BackOfficeOptions) -> BackOfficeWebhooks | None:
    secrets = [secret.get_secret_value() for secret in options.webhook_secrets]
    return BackOfficeWebhooks(secrets) if secrets else None


ADAPTER: Final = Adapter(
    name="backoffice",
    options=BackOfficeOptions,
    open=BackOfficePort,
    mappings=Path(__file__).parent / "mappings",
    webhooks=_webhooks,
)

__all__ = ["ADAPTER"]
