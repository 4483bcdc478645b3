"""Outbound lanes: who carries a command, net effects, and what shadow lanes would send.

Revision ID: outbound_lanes
Revises: cadence_migration
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "outbound_lanes"
down_revision = "cadence_migration"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_COLLECTED = sa.text("state = 'COLLECTED'")


def upgrade() -> None:
    _extend_commands()
    _index_commands()
    _create_shadows()


def _extend_commands() -> None:
    table = "outbound_command"
    op.add_column(table, sa.Column("lane_id", sa.BigInteger(), nullable=True))
    op.add_column(table, sa.Column("epoch", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column(table, sa.Column("run_id", sa.Uuid(), nullable=True))
    op.add_column(table, sa.Column("object_id", sa.Text(), nullable=True))
    op.add_column(table, sa.Column("line", sa.Text(), nullable=True))
    op.add_column(table, sa.Column("from_version", sa.Integer(), nullable=True))
    op.add_column(table, sa.Column("version", sa.Integer(), nullable=True))
    op.add_column(table, sa.Column("carried_by", sa.Uuid(), nullable=True))
    op.add_column(table, sa.Column("wanted_from", _TIME, nullable=True))
    op.add_column(table, sa.Column("sent_at", _TIME, nullable=True))
    # So far each command was sent at once: its line was its dispatch row's, its version the end of its key.
    op.execute(
        """UPDATE outbound_command c SET lane_id = l.id, object_id = coalesce(c.external_id, c.key),
             line = coalesce(d.line, c.target || '/' || coalesce(c.external_id, c.key)),
             version = coalesce(substring(c.key FROM '/([0-9]{1,9})$')::int, 1),
             from_version = coalesce(substring(c.key FROM '/([0-9]{1,9})$')::int, 1),
             wanted_from = c.created_at, sent_at = CASE WHEN c.attempts > 0 THEN c.created_at END
           FROM outbound_command o
             LEFT JOIN lane l ON l.flow = o.flow AND l.mode = 'AUTHORITATIVE'
             LEFT JOIN dispatch d ON d.dedupe_key = 'command:' || o.id
           WHERE o.id = c.id"""
    )
    for column in ("object_id", "line", "from_version", "version", "wanted_from"):
        op.alter_column(table, column, nullable=False)
    op.create_foreign_key(op.f("fk_outbound_command_lane_id"), table, "lane", ["lane_id"], ["id"])


def _index_commands() -> None:
    table = "outbound_command"
    op.create_index(
        "ix_outbound_command_collected", table, ["flow", "object_id", "version"], postgresql_where=_COLLECTED
    )
    op.create_index("ix_outbound_command_collected_line", table, ["flow", "line"], postgresql_where=_COLLECTED)
    op.create_index("ix_outbound_command_run", table, ["run_id"], postgresql_where=sa.text("run_id IS NOT NULL"))
    op.create_index("ix_outbound_command_lane", table, ["lane_id", "created_at"])


def _create_shadows() -> None:
    op.create_table(
        "shadow_command",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wanted_from", _TIME, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("left_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["lane_id"], ["lane.id"], name=op.f("fk_shadow_command_lane_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_command")),
        sa.UniqueConstraint("lane_id", "key", name=op.f("uq_shadow_command_lane_id_key")),
    )
    op.create_index(
        "ix_shadow_command_waiting",
        "shadow_command",
        ["lane_id", "object_id", "version"],
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index("ix_shadow_command_lane", "shadow_command", ["lane_id", "at"])


def downgrade() -> None:
    op.drop_table("shadow_command")
    table = "outbound_command"
    for index in ("lane", "run", "collected_line", "collected"):
        op.drop_index(f"ix_outbound_command_{index}", table)
    for column in (
        "sent_at",
        "wanted_from",
        "carried_by",
        "version",
        "from_version",
        "line",
        "object_id",
        "run_id",
        "epoch",
        "lane_id",
    ):
        op.drop_column(table, column)
