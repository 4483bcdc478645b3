"""Find the settled commands and closed quarantined objects whose content is to be forgotten.

Revision ID: forgetting
Revises: request_execution
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "forgetting"
down_revision = "request_execution"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_outbound_command_settled",
        "outbound_command",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('DONE', 'MERGED', 'CANCELLED') AND changes <> '[]'"),
    )
    op.create_index(
        "ix_quarantine_closed",
        "quarantine",
        ["at"],
        unique=False,
        postgresql_where=sa.text("state <> 'OPEN' AND body <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_quarantine_closed", table_name="quarantine")
    op.drop_index("ix_outbound_command_settled", table_name="outbound_command")
