"""What a customer had at a past moment is found by the data key under which its versions were kept.

Revision ID: belonging_versions
Revises: consent_sweep
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "belonging_versions"
down_revision = "giving_way"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_document_version_belonging",
        "document_version",
        ["subject_key_id"],
        postgresql_where=sa.text("entity <> 'customer'"),
    )


def downgrade() -> None:
    op.drop_index("ix_document_version_belonging", table_name="document_version")
