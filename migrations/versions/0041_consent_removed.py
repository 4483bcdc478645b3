"""A flow that asks for no consent any more tells what had been withheld, of the fields that it keeps equal.

Revision ID: consent_removed
Revises: belonging_versions
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "consent_removed"
down_revision = "belonging_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "consent_sweep",
        sa.Column("fields", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("consent_sweep", "fields")
