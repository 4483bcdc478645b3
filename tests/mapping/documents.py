"""Mapping documents of the tests, written as a person would."""

from __future__ import annotations

from hub.mapping.compile import compile_mapping
from hub.mapping.record import RecordMapping
from hub.yaml.nodes import parse_yaml

CUSTOMER = """\
entity: customer
version: 3
fields:
  kind: {path: party_type, table: party_kind, default: PERSON}
  name: name
  birth_date: {path: birth_date, type: date}
  language: lang.code
  status: {path: state, table: customer_status}
  customer_number: {path: code, type: text}
lists:
  contact_media:
    from: contact_mechanisms
    where: "contains(['email', 'phone'], type)"
    fields:
      external_id: {path: id, type: text}
      kind: {path: type, table: medium_kind}
      value: value
      preferred: preferred
      valid_from: {path: since, type: datetime}
  addresses:
    from: addresses
    fields: {external_id: id, street: street, locality: city, country: {value: NL}}
  identifiers:
    from: other_numbers
    fields: {system: system, external_id: number}
tables:
  party_kind: {person: PERSON, company: ORGANISATION}
  customer_status: {1: BRONZE, gold: GOLD, true: KNOWN}
  medium_kind: {email: EMAIL, phone: PHONE}
"""

ORDER = """\
entity: sales_order
version: 1
fields:
  customer: party
  state: {path: state, table: states}
  total: total
  ordered_on: sale_date
lists:
  lines:
    from: lines
    fields: {external_id: id, quantity: quantity, amount: amount}
tables:
  states: {quotation: PENDING, done: COMPLETED}
"""


def compiled(text: str) -> RecordMapping:
    """The mapping written in `text`."""
    node, duplicates = parse_yaml(text, "mapping.yaml")
    return compile_mapping(node, duplicates=duplicates)
