"""A likeness goes with its source record, and its keys go with it.

Revision ID: likeness_follows
Revises: customer_pins
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "likeness_follows"
down_revision = "customer_pins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """DELETE FROM likeness l WHERE NOT EXISTS (SELECT FROM source_record s
             WHERE s.system = l.system AND s.entity = 'customer' AND s.external_id = l.external_id)"""
    )
    op.execute(
        """DELETE FROM likeness_key k WHERE NOT EXISTS (SELECT FROM likeness l
             WHERE l.system = k.system AND l.external_id = k.external_id)"""
    )
    op.add_column("likeness", sa.Column("entity", sa.Text(), sa.Computed("'customer'", persisted=True), nullable=False))
    op.create_foreign_key(
        op.f("fk_likeness_system_source_record"),
        "likeness",
        "source_record",
        ["system", "entity", "external_id"],
        ["system", "entity", "external_id"],
        ondelete="CASCADE",
    )
    op.execute(
        """CREATE FUNCTION forget_likeness_keys() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             DELETE FROM likeness_key WHERE system = OLD.system AND external_id = OLD.external_id;
             RETURN NULL;
           END $$"""
    )
    op.execute(
        """CREATE TRIGGER forget_likeness_keys AFTER DELETE ON likeness
           FOR EACH ROW EXECUTE FUNCTION forget_likeness_keys()"""
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_likeness_keys ON likeness")
    op.execute("DROP FUNCTION forget_likeness_keys()")
    op.drop_constraint(op.f("fk_likeness_system_source_record"), "likeness", type_="foreignkey")
    op.drop_column("likeness", "entity")
