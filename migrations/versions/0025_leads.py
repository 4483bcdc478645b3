"""Leads of the hub's own, what packages hold of them, and the answers to them.

Revision ID: leads
Revises: campaigns
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "leads"
down_revision = "campaigns"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_UNANSWERED = sa.text("direction = 'OUTBOUND' AND responded_at IS NULL AND closed_at IS NULL")


def upgrade() -> None:
    op.add_column("sales_lead", sa.Column("hub_number", sa.Text()))
    op.create_index("uq_sales_lead_hub", "sales_lead", ["number"], unique=True, postgresql_where="system = 'hub'")
    op.create_index(
        "ix_sales_lead_counterpart", "sales_lead", ["hub_number"], postgresql_where="hub_number IS NOT NULL"
    )
    _handling()
    _counterparts()
    _responses()


def _handling() -> None:
    op.create_table(
        "lead_handling",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("proposition", sa.Text()),
        sa.Column("campaign", sa.Text()),
        sa.Column("session_id", sa.Uuid()),
        sa.Column("dialog_id", sa.Uuid()),
        sa.Column("event_id", sa.Text()),
        sa.Column("source_system", sa.Text()),
        sa.Column("source_id", sa.Text()),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("responded_at", _MOMENT),
        sa.Column("closed_at", _MOMENT),
        sa.PrimaryKeyConstraint("lead_id", name="pk_lead_handling"),
        sa.ForeignKeyConstraint(["lead_id"], ["sales_lead.id"], name="fk_lead_handling_lead_id", ondelete="CASCADE"),
    )
    op.create_index("uq_lead_handling_source", "lead_handling", ["source_system", "source_id"], unique=True)
    op.create_index("uq_lead_handling_event", "lead_handling", ["event_id"], unique=True)
    op.create_index(
        "ix_lead_handling_unanswered", "lead_handling", ["opened_at", "lead_id"], postgresql_where=_UNANSWERED
    )


def _counterparts() -> None:
    op.create_table(
        "lead_counterpart",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.Column("told_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "system", name="pk_lead_counterpart"),
        sa.ForeignKeyConstraint(["lead_id"], ["sales_lead.id"], name="fk_lead_counterpart_lead_id", ondelete="CASCADE"),
    )


def _responses() -> None:
    op.create_table(
        "lead_response",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid()),
        sa.Column("delivery_id", sa.Uuid()),
        sa.Column("occurred_at", _MOMENT, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lead_response"),
        sa.UniqueConstraint("key", name="uq_lead_response_key"),
        sa.ForeignKeyConstraint(["lead_id"], ["sales_lead.id"], name="fk_lead_response_lead_id", ondelete="CASCADE"),
    )
    op.create_index("ix_lead_response_lead", "lead_response", ["lead_id", "occurred_at"])
    op.create_index("ix_lead_response_customer", "lead_response", ["customer_id", "occurred_at"])


def downgrade() -> None:
    op.drop_table("lead_response")
    op.drop_table("lead_counterpart")
    op.drop_table("lead_handling")
    op.drop_index("ix_sales_lead_counterpart", "sales_lead")
    op.drop_index("uq_sales_lead_hub", "sales_lead")
    op.drop_column("sales_lead", "hub_number")
