"""The token vault."""

import sqlalchemy as sa
from alembic import op

revision = "vault_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create its tables."""
    op.create_table(
        "token_scopes",
        sa.Column("scope", sa.String(255), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(255), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_token_scopes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tokens",
        sa.Column("scope", sa.String(255), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.String(255), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(255), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("pii_type", sa.String(255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("scope", "digest", name="pk_tokens"),
        sa.UniqueConstraint("token", name="uq_tokens_token"),
        sa.ForeignKeyConstraint(["scope"], ["token_scopes.scope"], name="fk_tokens_token_scopes", ondelete="RESTRICT"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "token_subjects",
        sa.Column("scope", sa.String(255), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "subject", "digest", name="pk_token_subjects"),
        sa.ForeignKeyConstraint(
            ["scope", "digest"], ["tokens.scope", "tokens.digest"], name="fk_token_subjects_tokens", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_token_subjects_scope_digest", "token_subjects", ["scope", "digest"])


def downgrade() -> None:
    """Drop them, with every token."""
    op.drop_table("token_subjects")
    op.drop_table("tokens")
    op.drop_table("token_scopes")
