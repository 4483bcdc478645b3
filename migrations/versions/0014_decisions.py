"""Decisions with their next best actions, contact events, and the counts that propensity is learned from.

Revision ID: decisions
Revises: contacts
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "decisions"
down_revision = "contacts"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text()),
        sa.Column("asked_for", sa.Integer(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("decided_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_customer", "decision", ["customer_id", "channel", "decided_at"])
    op.create_index(
        "ix_decision_session",
        "decision",
        ["session_id", "decided_at"],
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_index("ix_decision_decided_at", "decision", ["decided_at"])
    op.create_table(
        "next_best_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("proposition", sa.Text(), nullable=False),
        sa.Column("treatment", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("propensity", "context", "value", "levers")),
        sa.Column("outcome", sa.Text(), server_default=sa.text("'PENDING'"), nullable=False),
        sa.Column("outcome_at", TIME),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name="fk_next_best_action_decision_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_next_best_action"),
        sa.UniqueConstraint("decision_id", "rank", name="uq_next_best_action_decision_id_rank"),
    )
    op.create_table(
        "contact_event",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid()),
        sa.Column("next_best_action_id", sa.Uuid()),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("proposition", "issue", "group_name", "treatment", "subject")),
        sa.Column("occurred_at", TIME, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_contact_event"),
    )
    op.create_index("ix_contact_event_customer", "contact_event", ["customer_id", "occurred_at"])
    op.create_index(
        "ix_contact_event_action",
        "contact_event",
        ["next_best_action_id"],
        postgresql_where=sa.text("next_best_action_id IS NOT NULL"),
    )
    op.create_table(
        "propensity_count",
        sa.Column("proposition", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("proposition", "segment", "day", name="pk_propensity_count"),
    )


def downgrade() -> None:
    for table in ("propensity_count", "contact_event", "next_best_action", "decision"):
        op.drop_table(table)
