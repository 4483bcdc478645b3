"""The company under test as its hub.yaml tells it: what comes in by poll or by push, what leaves as changed or new."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MAPPING: Final = Path(__file__).parents[2] / "examples" / "customer_api" / "mappings" / "customer.yaml"

HUB_YAML: Final = """
company: Faults
migrations: {clean_windows: 2, clean_audits: 1, lag_p95_slo_s: 86400}  # faults delay; they must not lose
systems:
  shop:
    adapter: rest
    roles: [CRM]
    options:
      url: "${SHOP_URL}"
      entities: &api
        customer:
          list: /customers
          records: customers
          one: "/customers/{id}"
          page_rows: 25
          stamp: changed_at
          since: {param: changed_since}
          paging: {by: cursor, next: next, size_param: size}
    limits: &limits {requests_per_minute: 60000, timeout_s: 5}
    mappings: {customer: CUSTOMER_MAPPING}
  branch:
    adapter: branch
    roles: [CRM]
    options: {url: "${BRANCH_URL}", entities: *api, webhook_secrets: ["${BRANCH_SECRET}"]}
    limits: *limits
    mappings: {customer: CUSTOMER_MAPPING}
  office:
    adapter: files
    roles: [BACK_OFFICE]
    options: {folder: "${DROP_FOLDER}", entities: {customer: {pull: false, write: true}}, batch_size: 10}
    mappings: {customer: &name {entity: customer, version: 1, fields: {name: name}}}
  registry:
    adapter: register
    roles: [BACK_OFFICE]
    options: {url: "${REGISTER_URL}/registry", keeps_keys: true}
    limits: *limits
    mappings: {customer: *name}
  till:
    adapter: register
    roles: [BACK_OFFICE]
    options: {url: "${REGISTER_URL}/till", keeps_keys: false}
    limits: *limits
    mappings: {customer: *name}
flows:
  customers:
    business_flow: 2
    entity: customer
    source: shop
    lanes:
      - &slow {cadence: DAILY, mode: INBOUND_SLOW, cron: "0 3 1 1 *", page_size: 25, overlap_s: 300, sweep: true,
               max_delete_share: 0.5}
      - {cadence: REAL_TIME, mode: INBOUND_FAST, cron: "FAST_CRON", page_size: 25, overlap_s: 300, sweep: true,
         max_delete_share: 0.5}
  visitors:
    business_flow: 2
    entity: customer
    source: branch
    lanes:
      - *slow
      - {cadence: REAL_TIME, mode: INBOUND_FAST, settle_s: 8}
  corrections:
    business_flow: 8
    entity: customer
    source: hub
    target: office
    lanes: &outbound
      - {cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 4 1 1 *", page_size: 10}
      - {cadence: REAL_TIME, mode: STANDBY}
  registrations: {business_flow: 1, entity: customer, source: hub, target: registry, lanes: *outbound}
  receipts:
    business_flow: 1
    entity: customer
    source: hub
    target: till
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE}]
"""


def hub_yaml(*, real_time: bool) -> str:
    """What comes in counts by its fast lane from the start, or by its slow one until a migration; then also polls."""
    slow, fast = ("STANDBY", "AUTHORITATIVE") if real_time else ("AUTHORITATIVE", "STANDBY")
    written = HUB_YAML.replace("INBOUND_SLOW", slow).replace("INBOUND_FAST", fast)
    written = written.replace("FAST_CRON", "0 0 3 1 1 *" if real_time else "*/3 * * * * *")
    return written.replace("CUSTOMER_MAPPING", str(MAPPING))
