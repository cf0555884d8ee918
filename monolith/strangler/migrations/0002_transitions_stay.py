"""What was recorded about a move is never changed: the audit is only as good as its rows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("strangler", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            create function strangler_refuse_change() returns trigger language plpgsql as $$
            begin
                raise exception 'transitions of read paths are only ever added'
                    using errcode = 'restrict_violation';
            end $$;
            create trigger strangler_transition_append_only
                before update or delete on strangler_transition
                for each row execute function strangler_refuse_change();
            """,
            """
            drop trigger strangler_transition_append_only on strangler_transition;
            drop function strangler_refuse_change();
            """,
        ),
    ]
