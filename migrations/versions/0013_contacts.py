"""Sessions, dialogs, what is done about requests, promises, incidents, and the history of contacts.

Revision ID: contacts
Revises: lane_settle
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "contacts"
down_revision = "lane_settle"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("broken_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
    )
    op.create_index("ix_commitment_customer", "commitment", ["customer_id", "due_at", "id"], unique=False)
    op.create_index(
        "ix_commitment_due", "commitment", ["due_at", "id"], unique=False, postgresql_where=sa.text("state = 'OPEN'")
    )
    op.create_table(
        "customer_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column(
            "known", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("csat", sa.Integer(), nullable=True),
        sa.Column("nps", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("registered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("active_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_session")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_customer_session_contact_id")),
    )
    op.create_index(
        "ix_customer_session_customer", "customer_session", ["customer_id", "started_at", "id"], unique=False
    )
    op.create_index(
        "ix_customer_session_quiet",
        "customer_session",
        ["active_at", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'CLOSED'"),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("suspends_offers", sa.Boolean(), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(
        "ix_incident_active", "incident", ["started_at"], unique=False, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "known_cookie",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_known_cookie")),
    )
    op.create_index("ix_known_cookie_customer", "known_cookie", ["customer_id"], unique=False)
    op.create_table(
        "timeline_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("commitment_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entry")),
    )
    op.create_index("ix_timeline_entry_customer", "timeline_entry", ["customer_id", "at", "id"], unique=False)
    op.create_table(
        "business_dialog",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("topic_version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column(
            "answers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["customer_session.id"], name=op.f("fk_business_dialog_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_dialog")),
    )
    op.create_index("ix_business_dialog_customer", "business_dialog", ["customer_id", "started_at"], unique=False)
    op.create_index("ix_business_dialog_request", "business_dialog", ["request_id"], unique=False)
    op.create_index("ix_business_dialog_session", "business_dialog", ["session_id", "started_at", "id"], unique=False)
    op.create_table(
        "incident_contact",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_contact_incident_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["customer_session.id"], name=op.f("fk_incident_contact_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("incident_id", "session_id", name=op.f("pk_incident_contact")),
    )
    op.create_index(op.f("ix_incident_contact_session_id"), "incident_contact", ["session_id"], unique=False)
    op.create_table(
        "request_handling",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("topic_version", sa.Integer(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("handler", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("respond_by", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("responded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("executed_by", sa.Text(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column(
            "answers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["business_request.id"], name=op.f("fk_request_handling_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_handling")),
    )
    op.create_index(
        "ix_request_handling_work",
        "request_handling",
        ["respond_by", "request_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "request_task",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["business_request.id"], name=op.f("fk_request_task_request_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", "position", name=op.f("pk_request_task")),
    )
    op.create_table(
        "session_leg",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("began_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["customer_session.id"], name=op.f("fk_session_leg_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "number", name=op.f("pk_session_leg")),
    )
    op.create_index("ix_customer_customer_number", "customer", ["customer_number"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_customer_customer_number", table_name="customer")
    op.drop_table("session_leg")
    op.drop_table("request_task")
    op.drop_index(
        "ix_request_handling_work", table_name="request_handling", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_table("request_handling")
    op.drop_index(op.f("ix_incident_contact_session_id"), table_name="incident_contact")
    op.drop_table("incident_contact")
    op.drop_index("ix_business_dialog_session", table_name="business_dialog")
    op.drop_index("ix_business_dialog_request", table_name="business_dialog")
    op.drop_index("ix_business_dialog_customer", table_name="business_dialog")
    op.drop_table("business_dialog")
    op.drop_index("ix_timeline_entry_customer", table_name="timeline_entry")
    op.drop_table("timeline_entry")
    op.drop_index("ix_known_cookie_customer", table_name="known_cookie")
    op.drop_table("known_cookie")
    op.drop_index("ix_incident_active", table_name="incident", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("incident")
    op.drop_index(
        "ix_customer_session_quiet", table_name="customer_session", postgresql_where=sa.text("state <> 'CLOSED'")
    )
    op.drop_index("ix_customer_session_customer", table_name="customer_session")
    op.drop_table("customer_session")
    op.drop_index("ix_commitment_due", table_name="commitment", postgresql_where=sa.text("state = 'OPEN'"))
    op.drop_index("ix_commitment_customer", table_name="commitment")
    op.drop_table("commitment")
