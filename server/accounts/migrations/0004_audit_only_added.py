"""The database itself refuses to change or remove what is in the audit trail and its seals.

Making a table again, as SQLite does for most changes, drops its triggers: a later migration of these
tables has to call `forward` again.
"""

from django.db import migrations

TABLES = ["accounts_auditevent", "accounts_auditseal"]
WORDS = "the audit trail is only added to"

POSTGRES = f"""
CREATE OR REPLACE FUNCTION audit_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{WORDS}'; END $$;
"""


def forward(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES)
        for table in TABLES:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION audit_only_added()"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION audit_only_added()"
            )
        return
    for table in TABLES:
        for act in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
            )


def backward(apps, schema_editor):
    """Fails where they are not there."""
    postgres = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        for name in ("kept", "not_emptied") if postgres else ("no_update", "no_delete"):
            schema_editor.execute(
                f"DROP TRIGGER {table}_{name}" + (f" ON {table}" if postgres else "")
            )


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_audit_sealed"),
    ]

    operations = [migrations.RunPython(forward, backward)]
