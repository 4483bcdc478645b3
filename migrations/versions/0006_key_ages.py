"""Find expired idempotency keys by their age.

Revision ID: key_ages
Revises: contracts_and_quarantine
"""

from __future__ import annotations

from alembic import op

revision = "key_ages"
down_revision = "contracts_and_quarantine"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_idempotency_key_at", "idempotency_key", ["at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_idempotency_key_at", table_name="idempotency_key")
