from django.db import migrations

from customer_requests.models.search_text import FORTNIGHT

TABLE = "customer_requests_searchtext"
MARK = f"lpad(to_hex(number / {FORTNIGHT}), 3, '0')"
# A tsvector reads 'one' 'two':7, and no word has a quote or a space in it.
MARKED = (
    "('''' || {mark} || substr(replace({column}::text, $$ '$$, $$ '$$ || {mark}), 2))::tsvector"
)
# The index is made anew: kept up row by row, it would take many times as long.
STATEMENTS = [
    "DROP INDEX IF EXISTS search_text_words",
    f"UPDATE {TABLE} SET "
    + ", ".join(f"{name} = {MARKED.format(column=name, mark=MARK)}" for name in ("words", "facets"))
    + " WHERE facets::text LIKE $$%'status-%$$",
    f"CREATE INDEX search_text_words ON {TABLE} USING gin (words, facets) WITH (fastupdate = off)",
    f"VACUUM ANALYZE {TABLE}",
]


def mark_words(apps, schema_editor):
    """What was written before words had a mark; 0010 and whatever came since wrote it with one."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in STATEMENTS:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    """Each statement is a transaction of its own: an index made in that of the update would hold
    the words from before as well. Cut off, it goes on where it was.
    """

    atomic = False

    dependencies = [
        ('customer_requests', '0016_due_times_follow_changed_hours'),
    ]

    operations = [
        migrations.RunPython(mark_words, migrations.RunPython.noop),
    ]
