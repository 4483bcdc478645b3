"""What a customer is worth: the company's own class of it, and a lifetime value as the packages tell it.

Revision ID: customer_value
Revises: audit_asked
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "customer_value"
down_revision = "audit_asked"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("value_class", "lifetime_value"):
        op.add_column("customer", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    for name in ("value_class", "lifetime_value"):
        op.drop_column("customer", name)
