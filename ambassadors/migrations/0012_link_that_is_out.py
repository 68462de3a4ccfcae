from datetime import datetime

from django.db import migrations, models
from django.utils import timezone


def keep_what_is_followed(apps, schema_editor):
    """Where the short links of posts that are being rewritten or were retired led before that.

    A post that is approved and out needs nothing: the next verb keeps it.
    """
    rows = {name: apps.get_model("ambassadors", name) for name in ("ExamplePost", "Campaign")}
    versions = apps.get_model("ambassadors", "PostVersion").objects
    reviews = apps.get_model("ambassadors", "PostReview").objects
    shares = apps.get_model("ambassadors", "Share").objects
    slugs = {str(pk): slug for pk, slug in rows["Campaign"].objects.values_list("pk", "slug")}
    now = timezone.now()
    shared = rows["ExamplePost"].objects.filter(models.Exists(shares.filter(post=models.OuterRef("pk"))))
    for post in shared.iterator(chunk_size=500):
        if post.state == "approved" and post.publish_at and post.publish_at <= now:
            continue
        # Planned anew: what is certain is that the version of the last share was out.
        until = now
        if post.publish_at is None or post.publish_at > now:
            until = shares.filter(post=post).latest("opened_at").opened_at
        approved = reviews.filter(post=post, verdict="approved", at__lte=until).order_by("-version")
        for number in approved.values_list("version", flat=True):
            version = versions.filter(post=post, number__lte=number).order_by("-number").first()
            if version is None:
                continue
            embargo = version.content.get("embargo_until")
            if embargo and datetime.fromisoformat(embargo) > now:
                continue
            slug = slugs.get(version.content.get("campaign"), "")
            link = version.content.get("link", "")
            rows["ExamplePost"].objects.filter(pk=post.pk).update(out_link=link, out_slug=slug)
            break


class Migration(migrations.Migration):

    dependencies = [
        ("ambassadors", "0011_post_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="examplepost",
            name="out_link",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="examplepost",
            name="out_slug",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.RunPython(keep_what_is_followed, migrations.RunPython.noop),
    ]
