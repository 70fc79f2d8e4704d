"""notifications and deadlines

Revision ID: 5e1d7b90c3a4
Revises: 0f7c4cf111dd
Create Date: 2026-11-25 01:20:30.776472
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '5e1d7b90c3a4'
down_revision = '0f7c4cf111dd'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('calendar',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('timezone', sa.String(length=64), nullable=False),
    sa.Column('hours', sa.JSON(), nullable=False),
    sa.Column('holidays', sa.String(length=40), nullable=False),
    sa.Column('works_whit_monday', sa.Boolean(), nullable=False),
    sa.Column('school_zone', sa.String(length=1), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar')),
    sa.UniqueConstraint('name', name=op.f('uq_calendar_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('renewal',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('asked_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('done_number', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('finished_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_renewal')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('schedule',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('next_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('lease_until', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True),
    sa.Column('owner', sa.String(length=36), nullable=False),
    sa.Column('started_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True),
    sa.Column('finished_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True),
    sa.Column('milliseconds', sa.Integer(), nullable=True),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_schedule')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('schedule', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_schedule_next_at'), ['next_at'], unique=False)

    op.create_table('closure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('calendar_id', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['calendar_id'], ['calendar.id'], name=op.f('fk_closure_calendar_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closure')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('closure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_closure_calendar_id'), ['calendar_id'], unique=False)

    op.create_table('preference',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('pace', sa.Enum('off', 'at_once', 'hourly', 'daily', name='pace', native_enum=False, length=16), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_preference_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'kind', 'channel', name=op.f('pk_preference')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('template',
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_id'], ['user.id'], name=op.f('fk_template_changed_by_id')),
    sa.PrimaryKeyConstraint('kind', 'channel', 'language', name=op.f('pk_template')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('notification',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('reason', sa.String(length=16), nullable=False),
    sa.Column('ticket_number', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('read_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_notification_event_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_notification_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification')),
    sa.UniqueConstraint('user_id', 'event_id', name=op.f('uq_notification_user_id_event_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('notification', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notification_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_event_id'), ['event_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_user_id_id'), ['user_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_user_id_read_at_id'), ['user_id', 'read_at', 'id'], unique=False)

    op.create_table('sla_policy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('calendar_id', sa.Integer(), nullable=False),
    sa.Column('team_id', sa.Integer(), nullable=True),
    sa.Column('category_id', sa.Integer(), nullable=True),
    sa.Column('priority', sa.Enum('low', 'normal', 'high', 'urgent', name='priority', native_enum=False, length=16), nullable=True),
    sa.Column('type', sa.Enum('incident', 'request', name='tickettype', native_enum=False, length=16), nullable=True),
    sa.Column('accept_minutes', sa.Integer(), nullable=True),
    sa.Column('first_response_minutes', sa.Integer(), nullable=True),
    sa.Column('resolve_minutes', sa.Integer(), nullable=True),
    sa.Column('remind_minutes', sa.Integer(), nullable=False),
    sa.Column('raises_priority', sa.Boolean(), nullable=False),
    sa.Column('escalation_team_id', sa.Integer(), nullable=True),
    sa.Column('returns_unaccepted', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['calendar_id'], ['calendar.id'], name=op.f('fk_sla_policy_calendar_id')),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_sla_policy_category_id')),
    sa.ForeignKeyConstraint(['escalation_team_id'], ['team.id'], name=op.f('fk_sla_policy_escalation_team_id')),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_sla_policy_team_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sla_policy')),
    sa.UniqueConstraint('name', name=op.f('uq_sla_policy_name')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    op.create_table('alarm',
    sa.Column('ticket_number', sa.BigInteger(), nullable=False),
    sa.Column('target', sa.Enum('accept', 'first_response', 'resolve', name='target', native_enum=False, length=16), nullable=False),
    sa.Column('stage', sa.Enum('near', 'missed', 'told', name='stage', native_enum=False, length=16), nullable=False),
    sa.Column('next_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('due_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.ForeignKeyConstraint(['ticket_number'], ['ticket.number'], name=op.f('fk_alarm_ticket_number'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_number', 'target', name=op.f('pk_alarm')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alarm_stage_next_at'), ['stage', 'next_at'], unique=False)

    op.create_table('muted_ticket',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('ticket_number', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=False),
    sa.ForeignKeyConstraint(['ticket_number'], ['ticket.number'], name=op.f('fk_muted_ticket_ticket_number'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_muted_ticket_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'ticket_number', name=op.f('pk_muted_ticket')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
    mysql_engine='InnoDB'
    )
    with op.batch_alter_table('muted_ticket', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_muted_ticket_ticket_number'), ['ticket_number'], unique=False)

    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.add_column(sa.Column('bundle', sa.String(length=40), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('message_key', sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column('reason', sa.String(length=16), nullable=False, server_default=''))
        batch_op.create_index(batch_op.f('ix_delivery_channel_state_id'), ['channel', 'state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_delivery_message_key'), ['message_key'], unique=False)

    op.add_column('ticket', sa.Column('is_due_by_hand', sa.Boolean(), nullable=False, server_default=sa.text('0')))
    op.add_column('ticket', sa.Column('sla_policy_id', sa.Integer(), nullable=True))
    op.add_column('ticket', sa.Column('assigned_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True))

    # Until now every deadline was set by hand, and whoever leads had accepted.
    op.execute('UPDATE ticket SET is_due_by_hand = 1 WHERE resolve_due_at IS NOT NULL')

    op.add_column('ticket_person', sa.Column('accepted_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True))

    op.add_column('user', sa.Column('quiet_from', sa.SmallInteger(), nullable=True))
    op.add_column('user', sa.Column('quiet_until', sa.SmallInteger(), nullable=True))
    op.add_column('user', sa.Column('email_refused_at', sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb"), nullable=True))



def downgrade() -> None:
    op.drop_column('user', 'email_refused_at')
    op.drop_column('user', 'quiet_until')
    op.drop_column('user', 'quiet_from')

    op.drop_column('ticket_person', 'accepted_at')

    op.drop_column('ticket', 'assigned_at')
    op.drop_column('ticket', 'sla_policy_id')
    op.drop_column('ticket', 'is_due_by_hand')

    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_message_key'))
        batch_op.drop_index(batch_op.f('ix_delivery_channel_state_id'))
        batch_op.drop_column('reason')
        batch_op.drop_column('message_key')
        batch_op.drop_column('bundle')

    op.drop_table('muted_ticket')
    op.drop_table('alarm')
    op.drop_table('sla_policy')
    op.drop_table('notification')
    op.drop_table('template')
    op.drop_table('preference')
    op.drop_table('closure')
    op.drop_table('schedule')
    op.drop_table('renewal')
    op.drop_table('calendar')
