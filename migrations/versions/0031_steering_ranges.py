"""Indexes by which the legs and dialogs of a period's contacts are found.

Revision ID: steering_ranges
Revises: likeness_links
"""

from __future__ import annotations

from alembic import op

revision = "steering_ranges"
down_revision = "likeness_links"
branch_labels = None
depends_on = None

RANGES = (
    ("ix_session_leg_began", "session_leg", "began_at"),
    ("ix_business_dialog_started", "business_dialog", "started_at"),
)


def upgrade() -> None:
    for name, table, column in RANGES:
        op.create_index(name, table, [column], postgresql_using="brin")


def downgrade() -> None:
    for name, table, _ in RANGES:
        op.drop_index(name, table)
