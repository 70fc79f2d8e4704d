"""People, the teams they work in, and the tree of categories."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.clock import now
from data.db import Base


class Role(StrEnum):
    """What a person is in this installation (F-011, and the manager of product.md 1)."""

    REQUESTER = "requester"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    ADMIN = "admin"


class Theme(StrEnum):
    """Which colours a person wants."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class User(Base):
    """A person: who asks, who repairs, who runs the service."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # RFC 5321; kept in lower case
    name: Mapped[str] = mapped_column(String(120), index=True)
    role: Mapped[Role] = mapped_column(default=Role.REQUESTER)
    is_active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str] = mapped_column(String(40), default="")
    department: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str | None] = mapped_column(String(5))  # None: what the browser asks for
    timezone: Mapped[str | None] = mapped_column(String(64))  # None: the installation's
    theme: Mapped[Theme] = mapped_column(default=Theme.SYSTEM)
    wants_email: Mapped[bool] = mapped_column(default=True)
    wants_sms: Mapped[bool] = mapped_column(default=False)
    quiet_from: Mapped[int | None] = mapped_column(SmallInteger)  # minutes after midnight, theirs
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    email_refused_at: Mapped[datetime | None]  # since then their mailbox refuses for good
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime | None]

    teams: Mapped[list["Team"]] = relationship(
        secondary="membership", back_populates="members", lazy="raise", order_by="Team.name"
    )


class Team(Base):
    """A group of technicians that tickets are given to."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(String(500), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    sees_only_own: Mapped[bool] = mapped_column(default=False)  # its technicians, product.md 2
    created_at: Mapped[datetime] = mapped_column(default=now)

    members: Mapped[list[User]] = relationship(
        secondary="membership", back_populates="teams", lazy="raise", order_by="User.name"
    )


class Membership(Base):
    """Who is in which team."""

    __tablename__ = "membership"

    team_id: Mapped[int] = mapped_column(
        ForeignKey("team.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Category(Base):
    """A node of the category tree; `path` is its name after those of its parents."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    path: Mapped[str] = mapped_column(String(255), unique=True)  # « Matériel › Imprimante »
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))  # who gets its tickets
