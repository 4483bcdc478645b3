"""What ended long ago is found by its end: statements of consent, requests, leads, and objects that were deleted.

Revision ID: retention_of_ended
Revises: customer_value
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "retention_of_ended"
down_revision = "customer_value"
branch_labels = None
depends_on = None

DELETED = "deleted AND document IS NOT NULL AND entity <> 'customer'"

ENDS = {
    "ix_consent_statement_ended": ("consent_statement", "ended_at", "ended_at IS NOT NULL"),
    "ix_consent_statement_expired": ("consent_statement", "valid_to", "system = 'hub' AND valid_to IS NOT NULL"),
    "ix_request_handling_closed": ("request_handling", "closed_at", "closed_at IS NOT NULL"),
    "ix_lead_handling_closed": ("lead_handling", "closed_at", "closed_at IS NOT NULL"),
    "ix_source_record_deleted": ("source_record", "deleted_as_of", DELETED),
}


def upgrade() -> None:
    for name, (table, column, where) in ENDS.items():
        op.create_index(name, table, [column], postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, (table, _, _) in ENDS.items():
        op.drop_index(name, table_name=table)
