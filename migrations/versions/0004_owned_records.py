"""Index owners only of records that have one

Revision ID: owned_records
Revises: outbound_lanes
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "owned_records"
down_revision = "outbound_lanes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_source_record_owner", table_name="source_record")
    op.create_index(
        "ix_source_record_owner",
        "source_record",
        ["system", "owner", "entity"],
        unique=False,
        postgresql_where=sa.text("owner IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_source_record_owner", table_name="source_record")
    op.create_index("ix_source_record_owner", "source_record", ["system", "owner", "entity"], unique=False)
