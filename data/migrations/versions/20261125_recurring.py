"""recurring problems, bursts

Revision ID: 3f7a1c9e5b20
Revises: 4f9b7d21c6e8
Create Date: 2026-11-25 05:00:00.000000
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '3f7a1c9e5b20'
down_revision = '4f9b7d21c6e8'
branch_labels = None
depends_on = None

INNODB = {
    'mysql_charset': 'utf8mb4',
    'mysql_collate': 'utf8mb4_bin',
    'mysql_engine': 'InnoDB',
}


def _instant():
    return sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table('recurring_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('begun_at', _instant(), nullable=False),
    sa.Column('ended_at', _instant(), nullable=True),
    sa.Column('first_at', _instant(), nullable=False),
    sa.Column('tickets', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recurring_run')),
    **INNODB
    )
    op.create_table('recurring_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('telling', sa.String(length=400), nullable=False),
    sa.Column('members', sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['recurring_run.id'], name=op.f('fk_recurring_group_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recurring_group')),
    **INNODB
    )
    op.create_index(op.f('ix_recurring_group_run_id'), 'recurring_group', ['run_id'])
    op.create_table('burst',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('begun_at', _instant(), nullable=False),
    sa.Column('last_at', _instant(), nullable=False),
    sa.Column('told', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_burst')),
    **INNODB
    )
    op.create_index(op.f('ix_burst_last_at'), 'burst', ['last_at'])
    op.create_table('burst_ticket',
    sa.Column('ticket_number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('burst_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['burst_id'], ['burst.id'], name=op.f('fk_burst_ticket_burst_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_number'], ['ticket.number'], name=op.f('fk_burst_ticket_ticket_number'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_number', name=op.f('pk_burst_ticket')),
    **INNODB
    )
    op.create_index(op.f('ix_burst_ticket_burst_id'), 'burst_ticket', ['burst_id'])
    op.create_table('burst_seen',
    sa.Column('burst_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['burst_id'], ['burst.id'], name=op.f('fk_burst_seen_burst_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_burst_seen_user_id')),
    sa.PrimaryKeyConstraint('burst_id', 'user_id', name=op.f('pk_burst_seen')),
    **INNODB
    )
    op.create_index(op.f('ix_burst_seen_user_id'), 'burst_seen', ['user_id'])


def downgrade() -> None:
    op.drop_table('burst_seen')
    op.drop_table('burst_ticket')
    op.drop_table('burst')
    op.drop_table('recurring_group')
    op.drop_table('recurring_run')
