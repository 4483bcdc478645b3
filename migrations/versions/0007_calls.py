"""Budgets and breakers of systems, and work that waits for one of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "calls"
down_revision = "key_ages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "system_budget",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("window_start", moment, nullable=False),
        sa.Column("window_limit", sa.Integer(), nullable=False),
        sa.Column("spent_realtime", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("spent_bulk", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("blocked_until", moment, nullable=True),
        sa.Column("told_remaining", sa.Integer(), nullable=True),
        sa.Column("told_until", moment, nullable=True),
        sa.PrimaryKeyConstraint("system", name=op.f("pk_system_budget")),
    )
    op.create_table(
        "system_breaker",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'CLOSED'"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("openings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("opened_at", moment, nullable=True),
        sa.Column("retry_at", moment, nullable=True),
        sa.Column("probe_until", moment, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("system", name=op.f("pk_system_breaker")),
    )
    op.add_column("dispatch", sa.Column("waits_for", sa.Text(), nullable=True))
    op.create_index(
        "ix_dispatch_waits_for",
        "dispatch",
        ["ready_at"],
        unique=False,
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_dispatch_waits_for", table_name="dispatch")
    op.drop_column("dispatch", "waits_for")
    op.drop_table("system_breaker")
    op.drop_table("system_budget")
