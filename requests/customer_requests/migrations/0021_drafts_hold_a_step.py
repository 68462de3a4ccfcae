from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customer_requests", "0020_fewer_indexes_of_requests")]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="step_title",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="draft",
            name="step_expected_at",
            field=models.DateTimeField(null=True),
        ),
    ]
