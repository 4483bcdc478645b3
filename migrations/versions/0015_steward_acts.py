"""Acts of stewards with their receipts, and the record that each customer id was made for.

Revision ID: steward_acts
Revises: decisions
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "steward_acts"
down_revision = "decisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_steward_decision_b", "steward_decision", ["system_b", "external_id_b"], unique=False)
    op.add_column("customer_identifier", sa.Column("home_of", sa.Uuid(), nullable=True))
    op.execute(
        """UPDATE customer_identifier i SET home_of = i.customer_id FROM (
             SELECT DISTINCT ON (c.customer_id) c.customer_id, c.system, c.external_id FROM customer_identifier c
             LEFT JOIN source_record s
               ON s.system = c.system AND s.entity = 'customer' AND s.external_id = c.external_id
             ORDER BY c.customer_id, s.deleted NULLS LAST, c.system, c.external_id) home
           WHERE i.system = home.system AND i.external_id = home.external_id"""
    )
    op.create_table(
        "steward_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steward_act")),
    )
    op.create_index("ix_steward_act_customer", "steward_act", ["customer_id", "at"], unique=False)
    op.create_table(
        "steward_act_record",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("former_id", sa.Uuid(), nullable=False),
        sa.Column("later_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["steward_act.id"], name=op.f("fk_steward_act_record_act_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("act_id", "system", "external_id", name=op.f("pk_steward_act_record")),
    )
    op.create_index("ix_steward_act_record_node", "steward_act_record", ["system", "external_id"], unique=False)
    op.create_table(
        "steward_receipt",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("records", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["act_id"], ["steward_act.id"], name=op.f("fk_steward_receipt_act_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("act_id", "system", name=op.f("pk_steward_receipt")),
    )


def downgrade() -> None:
    op.drop_table("steward_receipt")
    op.drop_table("steward_act_record")
    op.drop_table("steward_act")
    op.drop_column("customer_identifier", "home_of")
    op.drop_index("ix_steward_decision_b", table_name="steward_decision")
