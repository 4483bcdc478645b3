"""A contract of the tests, as a person would write it, and objects for and against it."""

from __future__ import annotations

from hub.mapping.contract.compile import compile_contract
from hub.mapping.contract.contract import Contract
from hub.yaml.nodes import parse_yaml

CONTRACT = """\
version: 2
policy: DISCARD_VALUE
fields:
  id: {type: int, required: true}
  name: {type: text, required: true}
  level: {type: text, values: [gold, silver]}
  score: number
  active: bool
  anything: any
  lang.code: {type: text, required: true}
  tags[]: text
  media: list
  media[].id: {type: int, required: true}
  media[].kind: {type: text, values: [email, phone]}
  media[].value: [text, int]
  extra: {type: object, open: true}
"""


def agreed(text: str = CONTRACT, policy: str = "DISCARD_VALUE") -> Contract:
    """The contract written in `text`, under a policy."""
    node, duplicates = parse_yaml(text.replace("DISCARD_VALUE", policy), "contract.yaml")
    return compile_contract(node, duplicates=duplicates)
