import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import customer_requests.models.search_text

TABLE = "customer_requests_searchtext"
POSTGRESQL = [
    # Without fastupdate: a list of what is not yet in the index would be read by every search,
    # and one submission in thousands would have to wait until it is worked off.
    f"CREATE INDEX search_text_words ON {TABLE} USING gin (words, facets) WITH (fastupdate = off)",
    # Rows of a few kilobytes stay whole: looking through the newest must not fetch pieces of them.
    f"ALTER TABLE {TABLE} SET (toast_tuple_target = 8160)",
]
# The triggers go when Django remakes the table; a migration that alters it has to make them again.
SQLITE = [
    f"CREATE VIRTUAL TABLE {TABLE}_fts USING fts5(words, facets, content='{TABLE}', "
    "content_rowid='number', "
    """tokenize="unicode61 remove_diacritics 0 tokenchars '@.+-_='")""",
    f"CREATE TRIGGER search_text_added AFTER INSERT ON {TABLE} BEGIN "
    f"INSERT INTO {TABLE}_fts(rowid, words, facets) VALUES (new.number, new.words, new.facets); "
    "END",
    f"CREATE TRIGGER search_text_gone AFTER DELETE ON {TABLE} BEGIN "
    f"INSERT INTO {TABLE}_fts({TABLE}_fts, rowid, words, facets) "
    "VALUES ('delete', old.number, old.words, old.facets); "
    "END",
    f"CREATE TRIGGER search_text_changed AFTER UPDATE ON {TABLE} BEGIN "
    f"INSERT INTO {TABLE}_fts({TABLE}_fts, rowid, words, facets) "
    "VALUES ('delete', old.number, old.words, old.facets); "
    f"INSERT INTO {TABLE}_fts(rowid, words, facets) VALUES (new.number, new.words, new.facets); "
    "END",
]


def add_index(apps, schema_editor):
    on_postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL if on_postgresql else SQLITE:
        schema_editor.execute(statement)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f"DROP TABLE {TABLE}_fts")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('customer_requests', '0008_count_what_exists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='search_text', to='customer_requests.customerrequest')),
                ('words', customer_requests.models.search_text.Words()),
                ('facets', customer_requests.models.search_text.Words()),
                ('size', models.PositiveIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name='customerrequest',
            index=models.Index(fields=['team', 'topic', 'status', 'queue_due', 'id'], name='request_topic'),
        ),
        migrations.RunPython(add_index, drop_index),
    ]
