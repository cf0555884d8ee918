"""What Django cannot say about ordinary tables. Apart from 0001 because Django adds its indexes at its end."""

from django.db import migrations

# Room on the page keeps bumping a version a heap-only update. Under the collation "C" the primary keys
# serve LIKE as well: Django's second index would only cost writes.
TUNING = """
    alter table outbox_stream set (fillfactor = 70);
    do $$
    declare
        extra text;
    begin
        for extra in
            select indexname from pg_indexes
            where tablename in ('outbox_stream', 'outbox_held_stream', 'outbox_relay')
              and indexname like '%\\_like'
        loop
            execute format('drop index %I', extra);
        end loop;
    end
    $$;
"""


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]
    operations = [migrations.RunSQL(TUNING, migrations.RunSQL.noop)]
