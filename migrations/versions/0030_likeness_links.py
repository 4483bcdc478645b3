"""Links between source records that are probably one person, and weights that are proposed before they decide.

Revision ID: likeness_links
Revises: steering
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "likeness_links"
down_revision = "steering"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("likeness", sa.Column("judged_by", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index("ix_likeness_judged_by", "likeness", ["judged_by"])
    op.add_column("likeness_weights", sa.Column("links_from", sa.Float()))
    op.create_table(
        "likeness_link",
        sa.Column("system_a", sa.Text(), nullable=False),
        sa.Column("external_id_a", sa.Text(), nullable=False),
        sa.Column("system_b", sa.Text(), nullable=False),
        sa.Column("external_id_b", sa.Text(), nullable=False),
        sa.Column("bits", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("system_a", "external_id_a", "system_b", "external_id_b", name="pk_likeness_link"),
        sa.ForeignKeyConstraint(
            ["system_a", "external_id_a"],
            ["likeness.system", "likeness.external_id"],
            name="fk_likeness_link_system_a_external_id_a",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["system_b", "external_id_b"],
            ["likeness.system", "likeness.external_id"],
            name="fk_likeness_link_system_b_external_id_b",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_likeness_link_b", "likeness_link", ["system_b", "external_id_b"])
    op.create_table(
        "likeness_crowd",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_likeness_crowd"),
    )


def downgrade() -> None:
    op.drop_table("likeness_crowd")
    op.drop_table("likeness_link")
    op.drop_column("likeness_weights", "links_from")
    op.drop_index("ix_likeness_judged_by", table_name="likeness")
    op.drop_column("likeness", "judged_by")
