"""Deliveries of leads, plans and print runs.

Revision ID: outbound
Revises: field_conflicts
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "outbound"
down_revision = "field_conflicts"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "lead_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("planned_for", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("taken_at", _MOMENT, nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("address_proof", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["sales_lead.id"], name="fk_lead_delivery_lead_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_lead_delivery"),
        sa.UniqueConstraint("lead_id", "channel", name="uq_lead_delivery_lead_id_channel"),
    )
    for name, columns, condition in (
        ("due", ["channel", "planned_for"], "state = 'PLANNED'"),
        ("in_hand", ["state", "channel"], "state IN ('CLAIMED', 'SENDING', 'UNKNOWN')"),
        ("taken", ["channel", "taken_at"], "taken_at IS NOT NULL"),
        ("run", ["run_id"], "run_id IS NOT NULL"),
    ):
        op.create_index(f"ix_lead_delivery_{name}", "lead_delivery", columns, postgresql_where=sa.text(condition))
    op.create_table(
        "lead_plan",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("planned_at", _MOMENT, nullable=False),
        sa.Column("deliveries", sa.SmallInteger(), nullable=False),
        sa.Column("look_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["lead_id"], ["sales_lead.id"], name="fk_lead_plan_lead_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lead_id", name="pk_lead_plan"),
    )
    op.create_index("ix_lead_plan_look_at", "lead_plan", ["look_at"], postgresql_where=sa.text("look_at IS NOT NULL"))
    op.create_table(
        "print_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("closes_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("delivered_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_print_run"),
        sa.UniqueConstraint("channel", "closes_at", name="uq_print_run_channel_closes_at"),
    )


def downgrade() -> None:
    for table in ("print_run", "lead_plan", "lead_delivery"):
        op.drop_table(table)
