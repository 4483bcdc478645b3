"""Whose each of the hub's own rows was that moved with its customer, by whatever road he became one with another.

Revision ID: moved_rows
Revises: retention_of_ended
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "moved_rows"
down_revision = "retention_of_ended"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "moved_row",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("former_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "key", name=op.f("pk_moved_row")),
    )
    op.create_index("ix_moved_row_customer", "moved_row", ["customer_id"], unique=False)
    # The earliest merge that holds still tells whom a row was made for; one that was undone has given it back.
    op.execute(
        """INSERT INTO moved_row (table_name, key, former_id, customer_id, at)
           SELECT DISTINCT ON (o.table_name, o.key) o.table_name, o.key, o.former_id, a.current_id, s.at
           FROM steward_act_own o JOIN steward_act s ON s.id = o.act_id
           JOIN customer_alias a ON a.alias_id = o.former_id
           ORDER BY o.table_name, o.key, s.at"""
    )
    op.drop_table("steward_act_own")


def downgrade() -> None:
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
    op.drop_table("moved_row")
