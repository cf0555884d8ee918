"""Events that consumers on the Django side have handled."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("outbox", "0003_one_statement")]
    operations = [
        migrations.CreateModel(
            name="HandledEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "consumer",
                        "event_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("consumer", models.TextField(db_collation="C")),
                ("event_id", models.UUIDField()),
                ("handled_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "db_table": "outbox_inbox",
                "indexes": [models.Index(fields=["handled_at"], name="outbox_inbox_handled_at")],
            },
        ),
    ]
