"""By which source record a caller was recognised, so that a split gives the contact to whoever has it.

Revision ID: recognised_by
Revises: rare_leads
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "recognised_by"
down_revision = "rare_leads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("customer_session", "known_cookie"):
        for column in ("by_system", "by_external_id"):
            op.add_column(table, sa.Column(column, sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("known_cookie", "customer_session"):
        for column in ("by_external_id", "by_system"):
            op.drop_column(table, column)
