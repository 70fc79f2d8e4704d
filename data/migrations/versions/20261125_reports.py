"""plans of reports, and reports

Revision ID: d41b7c93ae52
Revises: 3f7a1c9e5b20
Create Date: 2026-11-25 04:43:47.655418
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = 'd41b7c93ae52'
down_revision = '3f7a1c9e5b20'
branch_labels = None
depends_on = None

INNODB = {
    'mysql_charset': 'utf8mb4',
    'mysql_collate': 'utf8mb4_bin',
    'mysql_engine': 'InnoDB',
}


def upgrade() -> None:
    op.create_table('report_plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('weekly', 'monthly', 'chosen', name='reportkind', native_enum=False, length=16), nullable=False),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('hour', sa.SmallInteger(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('to_all', sa.Boolean(), nullable=False),
    sa.Column('next_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('last_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_report_plan_team_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_plan')),
    **INNODB
    )
    op.create_index('ix_report_plan_team_id', 'report_plan', ['team_id'])
    op.create_table('report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('weekly', 'monthly', 'chosen', name='reportkind', native_enum=False, length=16), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('reach', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('recipients', sa.JSON(), nullable=False),
    sa.Column('made_for_id', sa.Integer(), nullable=False),
    sa.Column('requested_by_id', sa.Integer(), nullable=True),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'making', 'done', 'failed', name='reportstate', native_enum=False, length=16), nullable=False),
    sa.Column('progress', sa.SmallInteger(), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), nullable=False),
    sa.Column('error', sa.String(length=64), nullable=False),
    sa.Column('due_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('made_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True),
    sa.Column('content', sa.JSON(none_as_null=True), nullable=True),
    sa.ForeignKeyConstraint(['made_for_id'], ['user.id'], name=op.f('fk_report_made_for_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['report_plan.id'], name=op.f('fk_report_plan_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['requested_by_id'], ['user.id'], name=op.f('fk_report_requested_by_id')),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_report_team_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report')),
    **INNODB
    )
    op.create_index('ix_report_plan_id', 'report', ['plan_id'])
    op.create_index('ix_report_state_id', 'report', ['state', 'id'])
    op.create_index('ix_report_team_id', 'report', ['team_id'])
    op.create_table('report_recipient',
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['report_plan.id'], name=op.f('fk_report_recipient_plan_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_report_recipient_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('plan_id', 'user_id', name=op.f('pk_report_recipient')),
    **INNODB
    )
    op.create_index('ix_report_recipient_user_id', 'report_recipient', ['user_id'])
    op.create_table('report_ticket',
    sa.Column('report_id', sa.Integer(), nullable=False),
    sa.Column('ticket_number', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_report_ticket_report_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_number'], ['ticket.number'], name=op.f('fk_report_ticket_ticket_number'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('report_id', 'ticket_number', name=op.f('pk_report_ticket')),
    **INNODB
    )
    op.create_index('ix_report_ticket_ticket_number', 'report_ticket', ['ticket_number'])


def downgrade() -> None:
    op.drop_table('report_ticket')
    op.drop_table('report_recipient')
    op.drop_table('report')
    op.drop_table('report_plan')
