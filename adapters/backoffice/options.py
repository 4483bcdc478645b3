"""What hub.yaml says about a back office."""

from __future__ import annotations

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field

from hub.ports.standard_webhooks import StandardSecret


class BackOfficeOptions(BaseModel):
    """The `options:` of a system with `adapter: backoffice`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: AnyHttpUrl = Field(description="Base address; an order is `PUT {url}/requests/{number}`.")
    secret: StandardSecret = Field(description="`whsec_...` under which the hub signs its calls (Standard Webhooks).")
    webhook_secrets: tuple[StandardSecret, ...] = Field(
        (), description="Secrets of the back office's own calls; several while one is replaced, none: it sends none."
    )
