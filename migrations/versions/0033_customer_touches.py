"""Which customers a transaction touched, so that a kept answer is known to hold or not.

Revision ID: customer_touches
Revises: token_revocations
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "customer_touches"
down_revision = "token_revocations"
branch_labels = None
depends_on = None

OWN = "SELECT t.customer_id FROM {rows} t"
COUNTERPARTS = (
    "SELECT t.customer_id FROM {{rows}} t UNION ALL "
    "SELECT o.customer_id FROM {{rows}} t JOIN {table} o ON o.hub_number = t.number WHERE t.system = 'hub'"
)
TOUCHING = {
    "customer": "SELECT t.id FROM {rows} t",
    "customer_alias": "SELECT t.alias_id FROM {rows} t UNION ALL SELECT t.current_id FROM {rows} t",
    "customer_identifier": OWN,
    "contact_medium": OWN,
    "postal_address": OWN,
    "customer_provenance": OWN,
    "customer_segment": OWN,
    "sales_order": OWN,
    "sales_order_line": "SELECT o.customer_id FROM {rows} t JOIN sales_order o ON o.id = t.order_id",
    "product_holding": OWN,
    "consent": OWN,
    "campaign_membership": OWN,
    "business_request": COUNTERPARTS.format(table="business_request"),
    "sales_lead": COUNTERPARTS.format(table="sales_lead"),
    "lead_handling": "SELECT o.customer_id FROM {rows} t JOIN sales_lead o ON o.id = t.lead_id",
    "commitment": OWN,
    "timeline_entry": OWN,
}
"""By table, the customers whose answers its rows are part of."""


def upgrade() -> None:
    op.create_table(
        "customer_touch",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "transaction", name=op.f("pk_customer_touch")),
    )
    op.create_table(
        "touch_horizon",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_touch_horizon")),
    )
    for table, customers in TOUCHING.items():
        _touch(f"touch_by_{table}", customers.format(rows="changed"))
        before, after = customers.format(rows="before"), customers.format(rows="changed")
        _touch(f"touch_by_{table}_update", f"{before} UNION ALL {after}")
        for event, rows, function in (
            ("INSERT", "NEW TABLE AS changed", f"touch_by_{table}"),
            ("DELETE", "OLD TABLE AS changed", f"touch_by_{table}"),
            ("UPDATE", "OLD TABLE AS before NEW TABLE AS changed", f"touch_by_{table}_update"),
        ):
            op.execute(
                f"""CREATE TRIGGER touch_after_{event.lower()} AFTER {event} ON {table}
                    REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"""
            )


def _touch(name: str, customers: str) -> None:
    op.execute(
        f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE this CONSTANT bigint := CAST(CAST(pg_current_xact_id() AS text) AS bigint);
            BEGIN
              INSERT INTO customer_touch (customer_id, transaction)
              SELECT DISTINCT c.id, this FROM ({customers}) AS c(id) WHERE c.id IS NOT NULL
              ON CONFLICT DO NOTHING;
              RETURN NULL;
            END $$"""  # noqa: S608  constant names
    )


def downgrade() -> None:
    for table in TOUCHING:
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER touch_after_{event} ON {table}")
        op.execute(f"DROP FUNCTION touch_by_{table}()")
        op.execute(f"DROP FUNCTION touch_by_{table}_update()")
    op.drop_table("touch_horizon")
    op.drop_table("customer_touch")
