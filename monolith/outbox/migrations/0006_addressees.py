"""A snapshot may be for one reader: the message says for whom, and the function writes it down."""

from importlib import import_module

from django.db import migrations, models

BEFORE = import_module("monolith.outbox.migrations.0005_cheaper_function").WRITE
# As in 0005, with a ninth field. Processes of the release before write eight: theirs are for everybody.
WRITE = r"""
    create or replace function outbox_write(streams text, events text) returns void language plpgsql as $$
    declare
        parts text[];
        own_shard smallint;
        reached bigint;
    begin
        if strpos(events, E'\x1e') = 0 then
            parts := string_to_array(events, E'\x1f');
            insert into outbox_stream as s (stream, shard, version)
            values (
                parts[2],
                split_part(streams, E'\x1f', 2)::smallint,
                split_part(streams, E'\x1f', 3)::bigint
            )
            on conflict (stream) do update set version = s.version + excluded.version
            returning s.shard, s.version into own_shard, reached;
            insert into outbox_message
                   (shard, event_id, stream, version, event_type, topic, traceparent, payload,
                    addressee)
            values (own_shard, parts[1]::uuid, parts[2], reached, parts[4], parts[5],
                    nullif(parts[6], ''), parts[7] || reached::text || parts[8],
                    nullif(parts[9], ''));
            return;
        end if;
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
               (shard, event_id, stream, version, event_type, topic, traceparent, payload, addressee)
        select b.shard, f[1]::uuid, b.stream, b.version - f[3]::bigint, f[4], f[5], nullif(f[6], ''),
               f[7] || (b.version - f[3]::bigint)::text || f[8], nullif(f[9], '')
        from string_to_table(events, E'\x1e') with ordinality as given (line, place)
        cross join lateral (select string_to_array(line, E'\x1f') offset 0) as fields (f)
        join bumped b on b.stream = f[2]
        order by place;
    end
    $$;
"""


class Migration(migrations.Migration):
    dependencies = [("outbox", "0005_cheaper_function")]
    operations = [
        migrations.AddField(
            model_name="outboxmessage", name="addressee", field=models.TextField(null=True)
        ),
        # The function of before knows no addressee, and the column may stay away from it.
        migrations.RunSQL(WRITE, BEFORE),
    ]
