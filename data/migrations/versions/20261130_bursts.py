"""bursts: tickets that just came, with the burst they belong to, if to any

The table was there and never written to.

Revision ID: b7d2e4a91c36
Revises: b6f2d94c07ae
Create Date: 2026-11-30 12:00:00.000000
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = 'b7d2e4a91c36'
down_revision = 'b6f2d94c07ae'
branch_labels = None
depends_on = None

INNODB = {
    'mysql_charset': 'utf8mb4',
    'mysql_collate': 'utf8mb4_bin',
    'mysql_engine': 'InnoDB',
}


def _instant():
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def _create(*columns: sa.Column, is_nullable: bool) -> None:
    op.create_table('burst_ticket',
    sa.Column('ticket_number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('burst_id', sa.Integer(), nullable=is_nullable),
    *columns,
    sa.ForeignKeyConstraint(['burst_id'], ['burst.id'], name=op.f('fk_burst_ticket_burst_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_number'], ['ticket.number'], name=op.f('fk_burst_ticket_ticket_number'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_number', name=op.f('pk_burst_ticket')),
    **INNODB
    )
    op.create_index(op.f('ix_burst_ticket_burst_id'), 'burst_ticket', ['burst_id'])


def upgrade() -> None:
    op.drop_table('burst_ticket')
    _create(sa.Column('created_at', _instant(), nullable=False), is_nullable=True)
    op.create_index(op.f('ix_burst_ticket_created_at'), 'burst_ticket', ['created_at'])


def downgrade() -> None:
    op.drop_table('burst_ticket')
    _create(is_nullable=False)
