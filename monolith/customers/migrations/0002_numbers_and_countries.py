"""Customer numbers of the new shop begin where the old trade's cannot reach, and the countries it sells to."""

from django.db import migrations

COUNTRIES = """
Australia|Austria|Bahrain|Belgium|Brazil|Canada|Channel Islands|Cyprus|Czech Republic|Denmark|EIRE|
European Community|Finland|France|Germany|Greece|Hong Kong|Iceland|Israel|Italy|Japan|Lebanon|Lithuania|
Malta|Netherlands|Norway|Poland|Portugal|RSA|Saudi Arabia|Singapore|Spain|Sweden|Switzerland|USA|
United Arab Emirates|United Kingdom|Unspecified
"""


def add_countries(apps, schema_editor):
    names = [name.strip() for name in COUNTRIES.split("|")]
    country = apps.get_model("customers", "Country")
    country.objects.bulk_create([country(name=name) for name in names], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE customers_customer ALTER COLUMN id RESTART WITH 100001",
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(add_countries, migrations.RunPython.noop),
    ]
