"""Find quarantined bytes by their digest alone.

Revision ID: quarantine_digest
Revises: inbox
"""

from __future__ import annotations

from alembic import op

revision = "quarantine_digest"
down_revision = "inbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_quarantine_digest", table_name="quarantine")
    op.create_index("ix_quarantine_digest", "quarantine", ["digest"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_quarantine_digest", table_name="quarantine")
    op.create_index("ix_quarantine_digest", "quarantine", ["system", "entity", "digest"], unique=False)
