"""The original of a version beside its content, sealed under the same key, so that another mapping can be tried on it.

Revision ID: version_originals
Revises: reads_together
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "version_originals"
down_revision = "reads_together"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document_version", sa.Column("original", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("document_version", "original")
