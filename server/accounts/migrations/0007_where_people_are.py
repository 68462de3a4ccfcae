from django.db import migrations


def write_down_where_people_are(apps, schema_editor):
    """What is known of before: who has access now has had it since they joined, where they are."""
    User, Placement = apps.get_model("accounts", "User"), apps.get_model("accounts", "Placement")
    people = User.objects.all().order_by("pk").only("department_id", "joined_at", "is_active", "deactivated_at")
    helping = []
    for person in people.iterator(chunk_size=500):
        if person.is_active or person.deactivated_at:
            helping.append(
                Placement(
                    user_id=person.pk,
                    department_id=person.department_id,
                    begins_at=person.joined_at,
                    ends_at=None if person.is_active else max(person.joined_at, person.deactivated_at),
                )
            )
        if len(helping) == 500:
            Placement.objects.bulk_create(helping, batch_size=100)
            helping = []
    Placement.objects.bulk_create(helping, batch_size=100)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_placement'),
    ]

    operations = [
        migrations.RunPython(write_down_where_people_are, migrations.RunPython.noop),
    ]
