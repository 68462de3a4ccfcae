from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def only_the_teams_solutions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What was solved at the party had that as its first solution, and so never one of the team.

    Where the team solved it since, what the meter says is of the last solution, which mostly is the
    only one.
    """
    requests = apps.get_model("customer_requests", "CustomerRequest").objects
    never = requests.filter(first_solved_at__isnull=False, solve_worked=None)
    by_team = never.exclude(closed_as="answered_by_employee").filter(
        solved_at__isnull=False, solutions__gt=1
    )
    by_team.update(
        first_solved_at=F("solved_at"), solve_worked=F("team_time"), solve_waited=F("waited")
    )
    never.update(first_solved_at=None)


def count_again(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The days of before; the clock takes them in helpings."""
    apps.get_model("customer_requests", "FigureDay").objects.update(stale=True)


class Migration(migrations.Migration):
    dependencies = [
        ("customer_requests", "0022_drafts_hold_a_wait"),
    ]

    operations = [
        migrations.AddField(
            model_name="dayfigures",
            name="merged",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunPython(
            only_the_teams_solutions, migrations.RunPython.noop, elidable=True
        ),
        migrations.RunPython(count_again, migrations.RunPython.noop, elidable=True),
    ]
