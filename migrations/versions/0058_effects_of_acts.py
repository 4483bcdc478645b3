"""A system may be told several things by one merge or split, each by several commands.

Revision ID: effects_of_acts
Revises: words_beneath
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "effects_of_acts"
down_revision = "words_beneath"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column(
        "steward_receipt",
        "command_id",
        new_column_name="command_ids",
        type_=sa.ARRAY(sa.Uuid()),
        postgresql_using="CASE WHEN command_id IS NULL THEN '{}' ELSE ARRAY[command_id] END",
        nullable=False,
    )
    _keyed("act_id", "system", "effect")


def downgrade() -> None:
    """Of several effects on a system the first by name stays, of several commands the first."""
    op.execute(
        """DELETE FROM steward_receipt r USING steward_receipt o
           WHERE o.act_id = r.act_id AND o.system = r.system AND o.effect < r.effect"""
    )
    _keyed("act_id", "system")
    op.alter_column(
        "steward_receipt",
        "command_ids",
        new_column_name="command_id",
        type_=sa.Uuid(),
        postgresql_using="command_ids[1]",
        nullable=True,
    )


def _keyed(*columns: str) -> None:
    op.drop_constraint("pk_steward_receipt", "steward_receipt")
    op.create_primary_key("pk_steward_receipt", "steward_receipt", list(columns))
