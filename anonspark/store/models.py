"""The tables of the store."""

from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LONGEST_NAME: Final = 255
"""Characters of scopes, runs and keys."""

CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints have names that do not depend on the database, so that migrations can name them."""


class Base(DeclarativeBase):
    """What all tables of the store share."""

    metadata = MetaData(naming_convention=CONVENTION)


class TokenScope(Base):
    """A key scope with tokens, and the key that its digests are made with, itself encrypted.

    That key never changes, so that values are found again when the key around it is rotated.
    """

    __tablename__ = "token_scopes"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  SQLAlchemy reads it as it is

    scope: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(LONGEST_NAME))
    key_version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Token(Base):
    """What a token stands for: the value encrypted, found again by a keyed digest of it and never by itself."""

    __tablename__ = "tokens"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  as above

    scope: Mapped[str] = mapped_column(
        String(LONGEST_NAME), ForeignKey(TokenScope.scope, ondelete="RESTRICT"), primary_key=True
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    token: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(LONGEST_NAME))
    key_version: Mapped[int]
    pii_type: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    run_id: Mapped[str] = mapped_column(String(LONGEST_NAME))


class TokenSubject(Base):
    """A person, by a keyed digest, whose value a token stands for; several persons can share one."""

    __tablename__ = "token_subjects"
    __table_args__ = (
        ForeignKeyConstraint(["scope", "digest"], [Token.scope, Token.digest], ondelete="CASCADE"),
        Index(None, "scope", "digest"),
        {"sqlite_with_rowid": False},
    )

    scope: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
