"""Flows from the hub that ask for a customer's consent, and who became one customer by likeness.

Revision ID: consent_gates
Revises: unreached_leads
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "consent_gates"
down_revision = "unreached_leads"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("information_flow", sa.Column("consent", postgresql.JSONB(), nullable=True))
    op.add_column("information_flow", sa.Column("consent_sweep", sa.Uuid(), nullable=True))
    op.add_column(
        "information_flow", sa.Column("consent_told", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("target_image", sa.Column("told", postgresql.JSONB(), nullable=True))
    op.add_column("consent_statement", sa.Column("due_at", _TIME, nullable=True))
    op.execute(
        """UPDATE consent_statement SET due_at = CASE WHEN valid_from > now() THEN valid_from ELSE valid_to END
           WHERE valid_from > now() OR valid_to > now()"""
    )
    op.create_index(
        "ix_consent_statement_due", "consent_statement", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_table(
        "likeness_union",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("former_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "system", "external_id", name=op.f("pk_likeness_union")),
    )
    op.create_index("ix_likeness_union_record", "likeness_union", ["system", "external_id"])


def downgrade() -> None:
    op.drop_table("likeness_union")
    op.drop_index("ix_consent_statement_due", "consent_statement")
    op.drop_column("consent_statement", "due_at")
    op.drop_column("target_image", "told")
    for name in ("consent_told", "consent_sweep", "consent"):
        op.drop_column("information_flow", name)
