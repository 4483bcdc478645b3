"""Every statement of consent, and which of the hub's own rows a merge moved.

Revision ID: consent_statements
Revises: steward_acts
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "consent_statements"
down_revision = "steward_acts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_system", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("valid_to", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("stated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("principal", sa.Text(), nullable=True),
        sa.Column("confirm_digest", sa.LargeBinary(), nullable=True),
        sa.Column("confirm_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_statement")),
    )
    op.create_index("ix_consent_statement_owner", "consent_statement", ["owner_system", "owner_id", "purpose"])
    op.create_index(
        "ix_consent_statement_object", "consent_statement", ["system", "external_id", "version"], unique=True
    )
    op.create_index("ix_consent_statement_confirm", "consent_statement", ["confirm_digest"], unique=True)
    op.execute(
        """INSERT INTO consent_statement (id, system, external_id, version, owner_system, owner_id, purpose, channel,
             status, legal_basis, evidence, valid_from, valid_to, stated_at, observed_at, ended_at)
           SELECT gen_random_uuid(), system, external_id, version, system, coalesce(owner, ''), purpose, channel, status,
             legal_basis, evidence, valid_from, valid_to,
             CASE WHEN version = 1 THEN least(coalesce(valid_from, as_of), as_of) ELSE as_of END, observed_at,
             CASE WHEN deleted THEN observed_at END
           FROM consent"""
    )
    op.create_table(
        "steward_act_own",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("former_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["steward_act.id"], name=op.f("fk_steward_act_own_act_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("act_id", "table_name", "key", name=op.f("pk_steward_act_own")),
    )
    op.create_index("ix_steward_act_own_former", "steward_act_own", ["former_id"])


def downgrade() -> None:
    op.drop_table("steward_act_own")
    op.drop_table("consent_statement")
