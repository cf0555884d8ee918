"""The outbox's tables. The messages are partitioned by day, which Django cannot say: SQL makes that table.

Partitions of the coming days are made here for a new database; `retention` makes those that follow.
Names and bounds (UTC days) are those of `retention`.
"""

from django.db import migrations, models
from django.db.models.functions import Now

MESSAGES = """
    create sequence outbox_message_id_seq as bigint cache 1;
    create table outbox_message (
        id bigint not null default nextval('outbox_message_id_seq'),
        shard smallint not null,
        event_id uuid not null,
        stream text collate "C" not null,
        version bigint not null,
        event_type text not null,
        topic text not null,
        payload text not null,
        recorded_at timestamptz not null default statement_timestamp(),
        published_at timestamptz,
        skipped_because text,
        constraint outbox_message_pkey primary key (recorded_at, id),
        constraint outbox_message_skipped_is_done
            check (skipped_because is null or published_at is not null)
    ) partition by range (recorded_at);
    alter sequence outbox_message_id_seq owned by outbox_message.id;
    create index outbox_message_pending on outbox_message (shard, id) where published_at is null;
    create table outbox_message_default partition of outbox_message default;
    do $$
    declare
        first date := (statement_timestamp() at time zone 'UTC')::date;
    begin
        for ahead in 0..3 loop
            execute format(
                'create table outbox_message_p%s partition of outbox_message for values from (%L) to (%L)'
                ' with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)',
                to_char(first + ahead, 'YYYYMMDD'),
                to_char(first + ahead, 'YYYY-MM-DD') || ' 00:00:00+00',
                to_char(first + ahead + 1, 'YYYY-MM-DD') || ' 00:00:00+00'
            );
        end loop;
    end
    $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Stream",
            fields=[
                ("stream", models.TextField(db_collation="C", primary_key=True, serialize=False)),
                ("shard", models.SmallIntegerField()),
                ("version", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("version__gte", 0)),
                        name="outbox_stream_version_not_negative",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="Shard",
            fields=[
                ("shard", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("owner", models.TextField(null=True)),
                ("token", models.BigIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LiveRelay",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("alive_until", models.DateTimeField()),
            ],
            options={"db_table": "outbox_relay"},
        ),
        migrations.CreateModel(
            name="HeldStream",
            fields=[
                ("stream", models.TextField(db_collation="C", primary_key=True, serialize=False)),
                ("shard", models.SmallIntegerField()),
                ("message_id", models.BigIntegerField()),
                ("attempts", models.IntegerField()),
                ("retry_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField()),
                ("held_since", models.DateTimeField(db_default=Now())),
            ],
            options={
                "db_table": "outbox_held_stream",
                "indexes": [models.Index(fields=["shard", "retry_at"], name="outbox_held_due")],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MESSAGES, "drop table outbox_message cascade")],
            state_operations=[
                migrations.CreateModel(
                    name="OutboxMessage",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("shard", models.SmallIntegerField()),
                        ("event_id", models.UUIDField()),
                        ("stream", models.TextField(db_collation="C")),
                        ("version", models.BigIntegerField()),
                        ("event_type", models.TextField()),
                        ("topic", models.TextField()),
                        ("payload", models.TextField()),
                        ("recorded_at", models.DateTimeField(db_default=Now())),
                        ("published_at", models.DateTimeField(null=True)),
                        ("skipped_because", models.TextField(null=True)),
                    ],
                    options={
                        "db_table": "outbox_message",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("published_at__isnull", True)),
                                fields=["shard", "id"],
                                name="outbox_message_pending",
                            )
                        ],
                    },
                ),
            ],
        ),
    ]
