from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("strangler", "0005_throttles_of_a_backfill"),
    ]

    operations = [
        migrations.AddField(
            model_name="backfillrun",
            name="ahead",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="backfillchunk",
            name="at",
            field=models.DateTimeField(db_index=True),
        ),
    ]
