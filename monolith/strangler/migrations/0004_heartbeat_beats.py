from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("strangler", "0003_control_plane")]

    operations = [
        migrations.AddField(
            model_name="heartbeat",
            name="beats",
            field=models.JSONField(default=list),
        ),
    ]
