"""Where order and credit note numbers come from; a gap in them says nothing."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ordering", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE ordering_order_number_seq START WITH 100001",
            "DROP SEQUENCE ordering_order_number_seq",
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE ordering_credit_note_number_seq START WITH 100001",
            "DROP SEQUENCE ordering_credit_note_number_seq",
        ),
    ]
