"""Segments of who is merged away sleep until he stands for himself again, and go with him no more.

Revision ID: segments_sleep
Revises: moved_rows
"""

from __future__ import annotations

from alembic import op

revision = "segments_sleep"
down_revision = "moved_rows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("fk_customer_segment_customer_id", "customer_segment", type_="foreignkey")


def downgrade() -> None:
    op.execute("DELETE FROM customer_segment s WHERE NOT EXISTS (SELECT FROM customer c WHERE c.id = s.customer_id)")
    op.create_foreign_key(
        op.f("fk_customer_segment_customer_id"),
        "customer_segment",
        "customer",
        ["customer_id"],
        ["id"],
        ondelete="CASCADE",
    )
