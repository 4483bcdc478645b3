"""Sanne, the customer of the story "the typo": her order's confirmation bounced because her e-mail address is wrong.

Three packages know her under three names and one telephone number, each in a notation of its own.
"""

from datetime import date
from decimal import Decimal

from examples.demo.tryton.rpc import TrytonRpc, create_children
from examples.demo.tryton.seed.company import products

CRM_NAME = "Sanne de Vries"
LMS_NAME = "S. de Vries"
CM_NAME = "Sanne M. de Vries"
CUSTOMER_NUMBER = "WL-100001"
WRONG_EMAIL = "sanne.devires@example.com"
RIGHT_EMAIL = "sanne.devries@example.com"
PHONE = "+31612345678"
CRM_PHONE = "06-12345678"
LMS_PHONE = "+31 6 12345678"
CM_PHONE = "06 12 34 56 78"
STREET, POSTAL_CODE, CITY = "Lindengracht 12", "1015 KD", "Amsterdam"
ORDER_REFERENCE = "WEB-STORY-1"
ORDER_PRODUCT = "GV1000"
ORDER_AMOUNT = Decimal("52.50")
LEAD_DESCRIPTION = "Tv Compleet met 15% korting bij Glasvezel 1000"


def place_story_order(crm: TrytonRpc, today: date) -> int:
    """Sanne's order on the web site, placed now: the id of the sale. A second call finds the first one's."""
    placed = crm.search("sale.sale", [["reference", "=", ORDER_REFERENCE]])
    if placed:
        return placed[0]
    (product,) = [known for known in products(crm) if known.code == ORDER_PRODUCT]
    address = crm.id_of("party.address", [["party.code", "=", CUSTOMER_NUMBER]])
    (sale,) = crm.create(
        "sale.sale",
        [
            {
                "party": crm.id_of("party.party", [["code", "=", CUSTOMER_NUMBER]]),
                "reference": ORDER_REFERENCE,
                "description": "Bestelling website",
                "sale_date": today,
                "invoice_address": address,
                "shipment_address": address,
                "invoice_method": "manual",
                "shipment_method": "manual",
                "lines": create_children(product.line(quantity=1)),
            }
        ],
    )
    crm.press("sale.sale", "quote", [sale])
    crm.press("sale.sale", "confirm", [sale])
    return sale
