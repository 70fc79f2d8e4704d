"""facts for statistics, origins of imported tickets

Revision ID: 8c2f6e0d4b17
Revises: 5c81e0a94d37
Create Date: 2026-11-25 01:50:00.000000
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '8c2f6e0d4b17'
down_revision = '5c81e0a94d37'
branch_labels = None
depends_on = None

INNODB = {
    'mysql_charset': 'utf8mb4',
    'mysql_collate': 'utf8mb4_bin',
    'mysql_engine': 'InnoDB',
}


def upgrade() -> None:
    op.create_table('fact_block',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('data', sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fact_block')),
    **INNODB
    )
    op.create_table('fact_mark',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('layout', sa.Integer(), nullable=False),
    sa.Column('generation', sa.String(length=36), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('seen_id', sa.BigInteger(), nullable=False),
    sa.Column('seen_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('done_number', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fact_mark')),
    **INNODB
    )
    op.create_table('ticket_origin',
    sa.Column('ticket_number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('reference', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('made_sla', sa.Boolean(), nullable=True),
    sa.Column('reassignments', sa.Integer(), nullable=True),
    sa.Column('reopenings', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['ticket_number'], ['ticket.number'], name=op.f('fk_ticket_origin_ticket_number'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_number', name=op.f('pk_ticket_origin')),
    sa.UniqueConstraint('source', 'reference', name=op.f('uq_ticket_origin_source_reference')),
    **INNODB
    )


def downgrade() -> None:
    op.drop_table('ticket_origin')
    op.drop_table('fact_mark')
    op.drop_table('fact_block')
