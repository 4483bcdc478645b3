"""What all three databases have in common: the company, its employee, the euro, the country, the catalogue."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from examples.demo.tryton.rpc import Row, TrytonRpc, create_children

COMPANY = "Waterlelie Telecom B.V."
EMPLOYEE = "Marijke Hoekstra"

# code, name, type, monthly or once-only price in euro
CATALOGUE = (
    ("GV100", "Glasvezel 100", "service", "39.50"),
    ("GV400", "Glasvezel 400", "service", "44.50"),
    ("GV1000", "Glasvezel 1000", "service", "52.50"),
    ("TVBASIS", "Tv Basis", "service", "12.00"),
    ("TVCOMPLEET", "Tv Compleet", "service", "19.50"),
    ("BELVAST", "Vast bellen", "service", "7.50"),
    ("SIM5", "Sim only 5 GB", "service", "9.00"),
    ("SIM20", "Sim only 20 GB", "service", "14.00"),
    ("SIMMAX", "Sim only onbeperkt", "service", "24.50"),
    ("INSTALL", "Installatie door monteur", "service", "49.00"),
    ("WIFIPLUS", "Wifi-versterker", "goods", "79.00"),
    ("ROUTER7", "Router wifi 7", "goods", "129.00"),
)


@dataclass(frozen=True)
class Product:
    """A product as one database knows it."""

    id: int
    code: str
    unit: int
    price: Decimal

    def line(self, quantity: int) -> Row:
        """A line of a sale; `quantity` pieces or subscriptions at list price."""
        return {
            "product": self.id,
            "quantity": float(quantity),
            "unit": self.unit,
            "unit_price": self.price,
        }


def fill_base(rpc: TrytonRpc) -> None:
    """Make the administrator an employee of the company, which sales and leads ask for."""
    euro: Row = {"name": "Euro", "code": "EUR", "numeric_code": "978", "symbol": "€", "rounding": Decimal("0.01")}
    rate: Row = {"date": date(2020, 1, 1), "rate": Decimal(1)}
    (currency,) = rpc.create("currency.currency", [{**euro, "digits": 2, "rates": create_children(rate)}])
    rpc.create("country.country", [{"name": "Nederland", "code": "NL", "code3": "NLD", "code_numeric": "528"}])
    company_party, employee_party = rpc.create("party.party", [{"name": COMPANY}, {"name": EMPLOYEE}])
    (company,) = rpc.create(
        "company.company", [{"party": company_party, "currency": currency, "timezone": "Europe/Amsterdam"}]
    )
    (employee,) = rpc.create("company.employee", [{"party": employee_party, "company": company}])
    rpc.write(
        "res.user",
        [rpc.user_id],
        {
            "companies": [["add", [company]]],
            "company": company,
            "employees": [["add", [employee]]],
            "employee": employee,
        },
    )
    rpc.read_preferences()
    unit = rpc.id_of("product.uom", [["name", "=", "Unit"]])
    common: Row = {"default_uom": unit, "sale_uom": unit, "salable": True, "products": create_children({})}
    rpc.create(
        "product.template",
        [
            {"code": code, "name": name, "type": kind, "list_price": Decimal(price), **common}
            for code, name, kind, price in CATALOGUE
        ],
    )


def products(rpc: TrytonRpc) -> list[Product]:
    """The catalogue of one database, in the order of CATALOGUE."""
    unit = rpc.id_of("product.uom", [["name", "=", "Unit"]])
    ids = {cast(str, row["code"]): cast(int, row["id"]) for row in rpc.search_read("product.product", [], ["code"])}
    return [Product(ids[code], code, unit, Decimal(price)) for code, _, _, price in CATALOGUE]
