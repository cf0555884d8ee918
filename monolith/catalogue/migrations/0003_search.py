"""A search whose rules can be kept by somebody else: docs/search.md says them."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models
from django.db.models import F, Func

# Accents are folded and everything but letters and digits parts words, as in event_contracts.
_WORDS = """
CREATE TEXT SEARCH DICTIONARY catalogue_stem (TEMPLATE = snowball, LANGUAGE = porter);
CREATE TEXT SEARCH CONFIGURATION catalogue_words (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION catalogue_words
    ALTER MAPPING FOR asciiword, numword, word, int, uint, sfloat, float WITH catalogue_stem;

CREATE FUNCTION catalogue_words(stock_code varchar, description varchar) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT to_tsvector('catalogue_words'::regconfig, lower(regexp_replace(
        translate(
            stock_code || ' ' || description,
            'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿ',
            'AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyy'
        ) COLLATE "C",
        '[^A-Za-z0-9]+', ' ', 'g'
    ) COLLATE "C"))
$$;

CREATE FUNCTION catalogue_stem(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (ts_lexize('catalogue_stem'::regdictionary, word))[1]
$$;
"""
_NO_WORDS = """
DROP FUNCTION catalogue_stem(text);
DROP FUNCTION catalogue_words(varchar, varchar);
DROP TEXT SEARCH CONFIGURATION catalogue_words;
DROP TEXT SEARCH DICTIONARY catalogue_stem;
"""
# In the order of the words: two transactions that add the same ones cannot deadlock.
_KEPT = """
CREATE FUNCTION catalogue_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalogue_searchword (word)
    SELECT DISTINCT word FROM written CROSS JOIN LATERAL unnest(tsvector_to_array(search)) AS word
    ORDER BY word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER catalogue_words_listed AFTER INSERT ON catalogue_product
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION catalogue_keep_words();
CREATE TRIGGER catalogue_words_changed AFTER UPDATE ON catalogue_product
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION catalogue_keep_words();

INSERT INTO catalogue_searchword (word)
SELECT DISTINCT unnest(tsvector_to_array(search)) FROM catalogue_product;
"""
_NOT_KEPT = """
DROP TRIGGER catalogue_words_listed ON catalogue_product;
DROP TRIGGER catalogue_words_changed ON catalogue_product;
DROP FUNCTION catalogue_keep_words();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(_WORDS, _NO_WORDS),
        migrations.RemoveIndex("product", "catalogue_product_search"),
        migrations.RemoveField("product", "search"),
        migrations.AddField(
            "product",
            "search",
            models.GeneratedField(
                db_persist=True,
                expression=Func(F("stock_code"), F("description"), function="catalogue_words"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            "product",
            django.contrib.postgres.indexes.GinIndex(
                fields=["search"], name="catalogue_product_search"
            ),
        ),
        migrations.CreateModel(
            "SearchWord",
            [
                (
                    "word",
                    models.TextField(db_collation="C", primary_key=True, serialize=False),
                ),
            ],
        ),
        migrations.RunSQL(_KEPT, _NOT_KEPT),
        migrations.CreateModel(
            "TradeCount",
            [
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="counted",
                        serialize=False,
                        to="catalogue.product",
                    ),
                ),
                ("order_count", models.IntegerField()),
                (
                    "popular_in",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                (
                    "also_bought",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
            ],
        ),
    ]
