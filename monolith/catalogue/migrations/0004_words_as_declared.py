"""Words are what docs/search.md says, and not what PostgreSQL's parser takes for one.

To the parser "0e0a" is a number and a letter. So texts are parted here, as in event_contracts.
"""

from __future__ import annotations

from django.db import migrations

# The column is generated when its row is written.
_WRITTEN_ANEW = """
UPDATE catalogue_product SET description = description
WHERE search IS DISTINCT FROM catalogue_words(stock_code, description);
"""
_SPACED = """lower(regexp_replace(
        translate(
            stock_code || ' ' || description,
            'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿ',
            'AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyy'
        ) COLLATE "C",
        '[^A-Za-z0-9]+', ' ', 'g'
    ) COLLATE "C")"""
_HEAD = """
CREATE OR REPLACE FUNCTION catalogue_words(stock_code varchar, description varchar) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
"""
_PARTED = f"""{_HEAD}
    SELECT coalesce(string_agg(catalogue_stem(word) || ':' || place, ' '), '')::tsvector
    FROM unnest(string_to_array(btrim({_SPACED}), ' ')) WITH ORDINALITY AS found (word, place)
$$;
DROP TEXT SEARCH CONFIGURATION catalogue_words;
{_WRITTEN_ANEW}"""
_PARSED = f"""
CREATE TEXT SEARCH CONFIGURATION catalogue_words (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION catalogue_words
    ALTER MAPPING FOR asciiword, numword, word, int, uint, sfloat, float WITH catalogue_stem;
{_HEAD}
    SELECT to_tsvector('catalogue_words'::regconfig, {_SPACED})
$$;
{_WRITTEN_ANEW}"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_search")]

    operations = [migrations.RunSQL(_PARTED, _PARSED)]
