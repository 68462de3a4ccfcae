from django.db import migrations

from customer_requests.models.search_text import fill


def fill_search_text(apps, schema_editor):
    models = [
        apps.get_model("customer_requests", name)
        for name in ("CustomerRequest", "Entry", "SearchText")
    ]
    for _done in fill(*models):
        pass


class Migration(migrations.Migration):
    """In helpings, each a transaction of its own: cut off, it goes on where it was."""

    atomic = False

    dependencies = [
        ('customer_requests', '0009_search_text'),
    ]

    operations = [
        migrations.RunPython(fill_search_text, migrations.RunPython.noop),
    ]
