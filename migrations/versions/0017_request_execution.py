"""Which of the hub's own requests a package's record carries out.

Revision ID: request_execution
Revises: consent_statements
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "request_execution"
down_revision = "consent_statements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("business_request", sa.Column("hub_number", sa.Text(), nullable=True))
    op.create_index(
        "uq_business_request_hub",
        "business_request",
        ["number"],
        unique=True,
        postgresql_where=sa.text("system = 'hub'"),
    )


def downgrade() -> None:
    op.drop_index("uq_business_request_hub", table_name="business_request", postgresql_where=sa.text("system = 'hub'"))
    op.drop_column("business_request", "hub_number")
