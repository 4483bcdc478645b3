"""initial

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_object", "audit_event", ["object_type", "object_id"], unique=False)
    op.create_table(
        "business_request",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_request")),
    )
    op.create_index("ix_business_request_customer", "business_request", ["customer_id", "as_of", "id"], unique=False)
    op.create_index("ix_business_request_owner", "business_request", ["system", "owner"], unique=False)
    op.create_table(
        "campaign_membership",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("joined_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_membership")),
    )
    op.create_index(
        "ix_campaign_membership_customer", "campaign_membership", ["customer_id", "as_of", "id"], unique=False
    )
    op.create_index("ix_campaign_membership_owner", "campaign_membership", ["system", "owner"], unique=False)
    op.create_table(
        "change_feed",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_change_feed")),
    )
    op.create_index("ix_change_feed_object", "change_feed", ["topic", "object_id", "position"], unique=False)
    op.create_table(
        "change_ledger",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lane_id", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("mapping_version", sa.Text(), nullable=False),
        sa.Column("effective_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_ledger")),
    )
    op.create_index("ix_change_ledger_object", "change_ledger", ["system", "entity", "external_id"], unique=False)
    op.create_table(
        "change_pending",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_pending")),
    )
    op.create_table(
        "connected_system",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'ACTIVE'"), nullable=False),
        sa.Column("last_answer_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_connected_system")),
    )
    op.create_table(
        "consent",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("valid_to", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_customer", "consent", ["customer_id", "as_of", "id"], unique=False)
    op.create_index("ix_consent_owner", "consent", ["system", "owner"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("path", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'OPEN'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index("ix_correction_object", "correction", ["system", "entity", "external_id"], unique=False)
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("customer_number", sa.Text(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_index("ix_customer_search", "customer", ["search", "id"], unique=False)
    op.create_index("ix_customer_updated_at", "customer", ["updated_at", "id"], unique=False)
    op.create_table(
        "customer_alias",
        sa.Column("alias_id", sa.Uuid(), nullable=False),
        sa.Column("current_id", sa.Uuid(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("alias_id", name=op.f("pk_customer_alias")),
    )
    op.create_index("ix_customer_alias_current", "customer_alias", ["current_id"], unique=False)
    op.create_table(
        "customer_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_history")),
    )
    op.create_index("ix_customer_history_customer", "customer_history", ["customer_id", "version"], unique=False)
    op.create_table(
        "dispatch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ready_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=True),
        sa.Column("last_error_code", sa.Text(), nullable=True),
        sa.Column("last_error_message", sa.Text(), nullable=True),
        sa.Column(
            "context", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_dispatch_dedupe_key")),
    )
    op.create_index(
        "ix_dispatch_finished",
        "dispatch",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index(
        "ix_dispatch_in_flight",
        "dispatch",
        ["lease_owner", "queue"],
        unique=False,
        postgresql_where=sa.text("state IN ('SENT', 'RUNNING')"),
    )
    op.create_index(
        "ix_dispatch_ready",
        "dispatch",
        ["queue", "priority", "ready_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'READY'"),
    )
    op.create_index(
        "ix_dispatch_stuck",
        "dispatch",
        ["state", "queue", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('DEAD', 'UNKNOWN', 'PARKED')"),
    )
    op.create_index(
        "ix_dispatch_waiting", "dispatch", ["line", "id"], unique=False, postgresql_where=sa.text("state = 'WAITING'")
    )
    op.create_index(
        "uq_dispatch_head",
        "dispatch",
        ["line"],
        unique=True,
        postgresql_where=sa.text("line IS NOT NULL AND state IN ('READY', 'SENT', 'RUNNING', 'PARKED', 'UNKNOWN')"),
    )
    op.create_table(
        "dispatch_line",
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("joined_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("line", name=op.f("pk_dispatch_line")),
    )
    op.create_table(
        "feed_tail",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_tail")),
    )
    op.create_table(
        "identifier",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("touched", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("pk_identifier")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "operation", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "information_flow",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("business_flow", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("planned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("prerequisites", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_information_flow")),
    )
    op.create_table(
        "product_holding",
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_holding")),
    )
    op.create_index("ix_product_holding_customer", "product_holding", ["customer_id", "as_of", "id"], unique=False)
    op.create_index("ix_product_holding_owner", "product_holding", ["system", "owner"], unique=False)
    op.create_table(
        "sales_lead",
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("rating", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("lead_owner", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_lead")),
    )
    op.create_index("ix_sales_lead_as_of", "sales_lead", ["as_of", "id"], unique=False)
    op.create_index("ix_sales_lead_customer", "sales_lead", ["customer_id", "as_of", "id"], unique=False)
    op.create_index("ix_sales_lead_owner", "sales_lead", ["system", "owner"], unique=False)
    op.create_table(
        "sales_order",
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
    )
    op.create_index("ix_sales_order_customer", "sales_order", ["customer_id", "as_of", "id"], unique=False)
    op.create_index("ix_sales_order_owner", "sales_order", ["system", "owner"], unique=False)
    op.create_table(
        "schedule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("next_run_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("misfire", sa.Text(), nullable=False),
        sa.Column("overlap", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_dispatch_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_index("ix_schedule_due", "schedule", ["next_run_at"], unique=False, postgresql_where=sa.text("enabled"))
    op.create_table(
        "source_identifier",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system", "external_id", "kind", "value", name=op.f("pk_source_identifier")),
    )
    op.create_index("ix_source_identifier_value", "source_identifier", ["kind", "value"], unique=False)
    op.create_table(
        "source_record",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("stamp", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("deleted_as_of", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "deleted",
            sa.Boolean(),
            sa.Computed("deleted_as_of IS NOT NULL AND deleted_as_of >= as_of", persisted=True),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mapping_version", sa.Text(), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "entity", "external_id", name=op.f("pk_source_record")),
    )
    op.create_index("ix_source_record_owner", "source_record", ["system", "owner", "entity"], unique=False)
    op.create_table(
        "steward_decision",
        sa.Column("system_a", sa.Text(), nullable=False),
        sa.Column("external_id_a", sa.Text(), nullable=False),
        sa.Column("system_b", sa.Text(), nullable=False),
        sa.Column("external_id_b", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "system_a", "external_id_a", "system_b", "external_id_b", name=op.f("pk_steward_decision")
        ),
    )
    op.create_table(
        "subject_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("erased_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_key")),
        sa.UniqueConstraint("system", "subject", name=op.f("uq_subject_key_system_subject")),
    )
    op.create_table(
        "target_image",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wanted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("target", "entity", "external_id", name=op.f("pk_target_image")),
    )
    op.create_table(
        "contact_medium",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("normalised", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("valid_to", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Text(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_contact_medium_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_medium")),
        sa.UniqueConstraint(
            "customer_id", "kind", "normalised", name=op.f("uq_contact_medium_customer_id_kind_normalised")
        ),
    )
    op.create_index("ix_contact_medium_normalised", "contact_medium", ["kind", "normalised"], unique=False)
    op.create_table(
        "customer_identifier",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_identifier_customer_id")),
        sa.PrimaryKeyConstraint("system", "external_id", name=op.f("pk_customer_identifier")),
    )
    op.create_index("ix_customer_identifier_customer", "customer_identifier", ["customer_id"], unique=False)
    op.create_table(
        "customer_provenance",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_provenance_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_provenance")),
    )
    op.create_table(
        "customer_segment",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_segment_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "segment", "system", name=op.f("pk_customer_segment")),
    )
    op.create_table(
        "document_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("subject_key_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_key_id"], ["subject_key.id"], name=op.f("fk_document_version_subject_key_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_version")),
        sa.UniqueConstraint(
            "system",
            "entity",
            "external_id",
            "version",
            name=op.f("uq_document_version_system_entity_external_id_version"),
        ),
    )
    op.create_table(
        "inbox_event",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("subject_key_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'NEW'"), nullable=False),
        sa.ForeignKeyConstraint(["subject_key_id"], ["subject_key.id"], name=op.f("fk_inbox_event_subject_key_id")),
        sa.PrimaryKeyConstraint("system", "event_id", name=op.f("pk_inbox_event")),
    )
    op.create_table(
        "lane",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["flow"], ["information_flow.name"], name=op.f("fk_lane_flow")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane")),
        sa.UniqueConstraint("flow", "cadence", name=op.f("uq_lane_flow_cadence")),
    )
    op.create_index(
        "uq_lane_authoritative", "lane", ["flow"], unique=True, postgresql_where=sa.text("mode = 'AUTHORITATIVE'")
    )
    op.create_table(
        "outbound_command",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'PENDING'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("outcome_code", sa.Text(), nullable=True),
        sa.Column("outcome_message", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["flow"], ["information_flow.name"], name=op.f("fk_outbound_command_flow")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_command")),
        sa.UniqueConstraint("key", name=op.f("uq_outbound_command_key")),
    )
    op.create_index("ix_outbound_command_object", "outbound_command", ["target", "entity", "external_id"], unique=False)
    op.create_table(
        "postal_address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("house_number", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("locality", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Text(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_postal_address_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postal_address")),
    )
    op.create_index("ix_postal_address_customer", "postal_address", ["customer_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject_key_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'OPEN'"), nullable=False),
        sa.ForeignKeyConstraint(["subject_key_id"], ["subject_key.id"], name=op.f("fk_quarantine_subject_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index("ix_quarantine_object", "quarantine", ["system", "entity", "external_id"], unique=False)
    op.create_index(
        "uq_quarantine_open",
        "quarantine",
        ["system", "entity", "digest"],
        unique=True,
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_table(
        "sales_order_line",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("unit_price", sa.Numeric(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_sales_order_line_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_sales_order_line")),
    )
    op.create_table(
        "flow_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("scheduled_for", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "counters", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["lane_id"], ["lane.id"], name=op.f("fk_flow_run_lane_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_run")),
        sa.UniqueConstraint("lane_id", "scheduled_for", name=op.f("uq_flow_run_lane_id_scheduled_for")),
    )
    op.create_index("ix_flow_run_lane_started", "flow_run", ["lane_id", "created_at"], unique=False)
    op.create_table(
        "lane_cursor",
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lane_id"], ["lane.id"], name=op.f("fk_lane_cursor_lane_id")),
        sa.PrimaryKeyConstraint("lane_id", name=op.f("pk_lane_cursor")),
    )
    op.create_table(
        "run_seen",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["flow_run.id"], name=op.f("fk_run_seen_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "external_id", name=op.f("pk_run_seen")),
    )
    op.execute("INSERT INTO feed_tail (id, position) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("run_seen")
    op.drop_table("lane_cursor")
    op.drop_index("ix_flow_run_lane_started", table_name="flow_run")
    op.drop_table("flow_run")
    op.drop_table("sales_order_line")
    op.drop_index("uq_quarantine_open", table_name="quarantine", postgresql_where=sa.text("state = 'OPEN'"))
    op.drop_index("ix_quarantine_object", table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index("ix_postal_address_customer", table_name="postal_address")
    op.drop_table("postal_address")
    op.drop_index("ix_outbound_command_object", table_name="outbound_command")
    op.drop_table("outbound_command")
    op.drop_index("uq_lane_authoritative", table_name="lane", postgresql_where=sa.text("mode = 'AUTHORITATIVE'"))
    op.drop_table("lane")
    op.drop_table("inbox_event")
    op.drop_table("document_version")
    op.drop_table("customer_segment")
    op.drop_table("customer_provenance")
    op.drop_index("ix_customer_identifier_customer", table_name="customer_identifier")
    op.drop_table("customer_identifier")
    op.drop_index("ix_contact_medium_normalised", table_name="contact_medium")
    op.drop_table("contact_medium")
    op.drop_table("target_image")
    op.drop_table("subject_key")
    op.drop_table("steward_decision")
    op.drop_index("ix_source_record_owner", table_name="source_record")
    op.drop_table("source_record")
    op.drop_index("ix_source_identifier_value", table_name="source_identifier")
    op.drop_table("source_identifier")
    op.drop_index("ix_schedule_due", table_name="schedule", postgresql_where=sa.text("enabled"))
    op.drop_table("schedule")
    op.drop_index("ix_sales_order_owner", table_name="sales_order")
    op.drop_index("ix_sales_order_customer", table_name="sales_order")
    op.drop_table("sales_order")
    op.drop_index("ix_sales_lead_owner", table_name="sales_lead")
    op.drop_index("ix_sales_lead_as_of", table_name="sales_lead")
    op.drop_index("ix_sales_lead_customer", table_name="sales_lead")
    op.drop_table("sales_lead")
    op.drop_index("ix_product_holding_owner", table_name="product_holding")
    op.drop_index("ix_product_holding_customer", table_name="product_holding")
    op.drop_table("product_holding")
    op.drop_table("information_flow")
    op.drop_table("idempotency_key")
    op.drop_table("identifier")
    op.drop_table("feed_tail")
    op.drop_table("dispatch_line")
    op.drop_index(
        "uq_dispatch_head",
        table_name="dispatch",
        postgresql_where=sa.text("line IS NOT NULL AND state IN ('READY', 'SENT', 'RUNNING', 'PARKED', 'UNKNOWN')"),
    )
    op.drop_index("ix_dispatch_waiting", table_name="dispatch", postgresql_where=sa.text("state = 'WAITING'"))
    op.drop_index(
        "ix_dispatch_stuck", table_name="dispatch", postgresql_where=sa.text("state IN ('DEAD', 'UNKNOWN', 'PARKED')")
    )
    op.drop_index("ix_dispatch_ready", table_name="dispatch", postgresql_where=sa.text("state = 'READY'"))
    op.drop_index(
        "ix_dispatch_in_flight", table_name="dispatch", postgresql_where=sa.text("state IN ('SENT', 'RUNNING')")
    )
    op.drop_index("ix_dispatch_finished", table_name="dispatch", postgresql_where=sa.text("finished_at IS NOT NULL"))
    op.drop_table("dispatch")
    op.drop_index("ix_customer_history_customer", table_name="customer_history")
    op.drop_table("customer_history")
    op.drop_index("ix_customer_alias_current", table_name="customer_alias")
    op.drop_table("customer_alias")
    op.drop_index("ix_customer_updated_at", table_name="customer")
    op.drop_index("ix_customer_search", table_name="customer")
    op.drop_table("customer")
    op.drop_index("ix_correction_object", table_name="correction")
    op.drop_table("correction")
    op.drop_index("ix_consent_owner", table_name="consent")
    op.drop_index("ix_consent_customer", table_name="consent")
    op.drop_table("consent")
    op.drop_table("connected_system")
    op.drop_table("change_pending")
    op.drop_index("ix_change_ledger_object", table_name="change_ledger")
    op.drop_table("change_ledger")
    op.drop_index("ix_change_feed_object", table_name="change_feed")
    op.drop_table("change_feed")
    op.drop_index("ix_campaign_membership_owner", table_name="campaign_membership")
    op.drop_index("ix_campaign_membership_customer", table_name="campaign_membership")
    op.drop_table("campaign_membership")
    op.drop_index("ix_business_request_owner", table_name="business_request")
    op.drop_index("ix_business_request_customer", table_name="business_request")
    op.drop_table("business_request")
    op.drop_index("ix_audit_event_object", table_name="audit_event")
    op.drop_table("audit_event")
