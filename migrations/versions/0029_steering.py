"""When a contact was answered, and indexes by which a period's contacts are found.

Revision ID: steering
Revises: outbound
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "steering"
down_revision = "outbound"
branch_labels = None
depends_on = None

# Rows come in about the order of these times, so block ranges find a month among years and cost a writer nothing.
RANGES = (
    ("ix_customer_session_started", "customer_session", "started_at"),
    ("ix_commitment_due_at", "commitment", "due_at"),
    ("ix_contact_event_occurred", "contact_event", "occurred_at"),
)


def upgrade() -> None:
    op.add_column("customer_session", sa.Column("answered_at", sa.DateTime(timezone=True)))
    # Of a contact that somebody served before this was kept, its start is the best that is known.
    op.execute("UPDATE customer_session SET answered_at = started_at WHERE agent IS NOT NULL AND state <> 'OPEN'")
    for name, table, column in RANGES:
        op.create_index(name, table, [column], postgresql_using="brin")
    op.create_index(
        "ix_business_request_opened", "business_request", ["opened_at"], postgresql_where=sa.text("system = 'hub'")
    )


def downgrade() -> None:
    op.drop_index("ix_business_request_opened", "business_request")
    for name, table, _ in RANGES:
        op.drop_index(name, table)
    op.drop_column("customer_session", "answered_at")
