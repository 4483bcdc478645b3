"""Pairs of records that a steward has to review, kept as they are found.

Revision ID: match_reviews
Revises: version_originals
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "match_reviews"
down_revision = "version_originals"
branch_labels = None
depends_on = None

KEY = ("system_a", "external_id_a", "system_b", "external_id_b")


def upgrade() -> None:
    op.add_column("likeness_weights", sa.Column("reviews_from", sa.Float()))
    op.create_table(
        "likeness_case",
        *(sa.Column(name, sa.Text(), nullable=False) for name in KEY),
        sa.Column("bits", sa.Float(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="pk_likeness_case"),
        *(
            sa.ForeignKeyConstraint(
                [f"system_{side}", f"external_id_{side}"],
                ["likeness.system", "likeness.external_id"],
                name=f"fk_likeness_case_system_{side}_external_id_{side}",
                ondelete="CASCADE",
            )
            for side in "ab"
        ),
    )
    op.create_index("ix_likeness_case_b", "likeness_case", ["system_b", "external_id_b"])
    op.create_index("ix_likeness_case_bits", "likeness_case", ["bits", *KEY])


def downgrade() -> None:
    op.drop_table("likeness_case")
    op.drop_column("likeness_weights", "reviews_from")
