"""Events are written by a function, carry their trace, and may be skipped before they are published."""

from django.db import migrations, models

# `order by` makes everybody lock streams in the same order, and ids follow the order of recording.
WRITE = r"""
    create function outbox_write(streams text, events text) returns void language plpgsql as $$
    begin
        with bumped as (
            insert into outbox_stream as s (stream, shard, version)
            select split_part(line, E'\x1f', 1),
                   split_part(line, E'\x1f', 2)::smallint,
                   split_part(line, E'\x1f', 3)::bigint
            from string_to_table(streams, E'\x1e') as given (line)
            order by split_part(line, E'\x1f', 1) collate "C"
            on conflict (stream) do update set version = s.version + excluded.version
            returning s.stream, s.shard, s.version
        )
        insert into outbox_message
               (shard, event_id, stream, version, event_type, topic, traceparent, payload)
        select b.shard, f[1]::uuid, b.stream, b.version - f[3]::bigint, f[4], f[5], nullif(f[6], ''),
               f[7] || (b.version - f[3]::bigint)::text || f[8]
        from string_to_table(events, E'\x1e') with ordinality as given (line, place)
        cross join lateral (select string_to_array(line, E'\x1f')) as fields (f)
        join bumped b on b.stream = f[2]
        order by place;
    end
    $$;
"""
COLUMNS = """
    alter table outbox_message add column traceparent text;
    alter table outbox_message drop constraint outbox_message_skipped_is_done;
"""
BACK = """
    alter table outbox_message drop column traceparent;
    update outbox_message set skipped_because = null where published_at is null;
    alter table outbox_message add constraint outbox_message_skipped_is_done
        check (skipped_because is null or published_at is not null);
"""


class Migration(migrations.Migration):
    dependencies = [("outbox", "0002_tuning")]
    operations = [
        migrations.RunSQL(
            COLUMNS,
            BACK,
            state_operations=[
                migrations.AddField("OutboxMessage", "traceparent", models.TextField(null=True))
            ],
        ),
        migrations.RunSQL(WRITE, "drop function outbox_write(text, text)"),
    ]
