"""A company with years of ambassadors at once, on PostgreSQL: rows made by the database.

A tenth of the people are ambassadors, each with a share a month of one of eight posts of that
month, and fifty clicks per employee are spread over those: 200,000 people have 20,000 ambassadors,
1.2 million shares and ten million clicks in five years. Half of the people passed the course, a
third moved once, everybody is enrolled.
"""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

DEPARTMENTS, POSTS_A_MONTH = 40, 8
CLICKS_PER_EMPLOYEE = 50
NETWORKS = "ARRAY['linkedin', 'facebook', 'x', 'whatsapp', 'instagram', 'bluesky']"

PEOPLE = """
SELECT setseed(0.4);
INSERT INTO accounts_department (id, name)
SELECT gen_random_uuid(), 'Afdeling ' || d FROM generate_series(1, {departments}) d;
CREATE TEMP TABLE dep AS SELECT id, row_number() OVER () - 1 AS n FROM accounts_department;
INSERT INTO accounts_user (id, password, is_superuser, email, name, language, time_zone,
    department_id, is_active, is_staff, joined_at)
SELECT gen_random_uuid(), '', false, 'p' || i || '@example.org', 'Persoon ' || i, 'nl',
    'Europe/Amsterdam', dep.id, true, false, now() - random() * interval '{months} months'
FROM generate_series(1, {people}) i JOIN dep ON dep.n = i % {departments};
-- Ambassadors have been there from the beginning.
CREATE TABLE bench_who AS SELECT id, department_id, joined_at,
    row_number() OVER (ORDER BY email) AS n
FROM accounts_user;
UPDATE bench_who SET joined_at = now() - interval '{months} months' WHERE n % 10 = 0;
UPDATE accounts_user u SET joined_at = w.joined_at FROM bench_who w
WHERE w.id = u.id AND w.n % 10 = 0;
DELETE FROM accounts_placement;
INSERT INTO accounts_placement (user_id, department_id, begins_at, ends_at)
SELECT id, department_id, joined_at,
    CASE WHEN n % 3 = 0 THEN joined_at + (now() - joined_at) / 2 END
FROM bench_who;
INSERT INTO accounts_placement (user_id, department_id, begins_at)
SELECT id, department_id, joined_at + (now() - joined_at) / 2 FROM bench_who WHERE n % 3 = 0;
"""

# A policy a year. Certificates hold for a year and a bit, those of ambassadors year after year.
TAKING_PART = """
INSERT INTO ambassadors_policyversion (id, number, text_nl, text_en, changed_nl, changed_en,
    revision, published_at, asks_refresher, told_at, reminded)
SELECT gen_random_uuid(), y + 1, 'Zeg wie je bent.', 'Say who you are.', 'Nieuw.', 'New.', 1,
    now() - interval '{months} months' + y * interval '1 year', true, now(), 0
FROM generate_series(0, ({months} - 1) / 12) y;
INSERT INTO ambassadors_optin (user_id, begins_at)
SELECT id, joined_at FROM bench_who WHERE n % 10 = 0;
INSERT INTO ambassadors_boardoptin (user_id, begins_at)
SELECT id, joined_at FROM bench_who WHERE n % 100 = 0;
INSERT INTO ambassadors_acceptance (version_id, user_id, at)
SELECT v.id, w.id, v.published_at + random() * interval '20 days'
FROM bench_who w, ambassadors_policyversion v
WHERE n % 10 = 0 AND v.published_at + interval '20 days' < now();
INSERT INTO ambassadors_lessondone (user_id, version_id, lesson, print, at)
SELECT w.id, v.id, lesson, '', joined_at
FROM bench_who w, ambassadors_courseversion v, unnest(%s::text[]) lesson WHERE n % 2 = 0;
INSERT INTO ambassadors_attempt (id, user_id, version_id, number, asked, answers, score, passed,
    at, fingerprint)
SELECT gen_random_uuid(), w.id, v.id, 1, '[]', '{{}}', 100, true, joined_at, ''
FROM bench_who w, ambassadors_courseversion v WHERE n % 2 = 0;
INSERT INTO ambassadors_certificate (id, user_id, course_id, version_id, number, issued_at,
    expires_at, revoked_because, credential)
SELECT gen_random_uuid(), w.id, v.course_id, v.id, row_number() OVER (),
    at, at + interval '400 days', '', '{{}}'
FROM ambassadors_courseversion v, bench_who w, generate_series(0, ({months} - 1) / 12) y,
    LATERAL (SELECT joined_at + y * interval '1 year' AS at) moment
WHERE at < now() AND (n % 10 = 0 OR (n % 2 = 0 AND y = 0));
INSERT INTO ambassadors_enrolment (id, user_id, course_id, reason, made_at, due_at, reminded,
    finished_at)
SELECT gen_random_uuid(), w.id, v.course_id, 'rule', joined_at, joined_at + interval '30 days', 4,
    CASE WHEN n % 2 = 0 THEN joined_at END
FROM bench_who w, ambassadors_courseversion v;
"""

SHARES = """
INSERT INTO ambassadors_examplepost (id, campaign_id, title_nl, title_en, link, out_link, out_slug,
    rewarded, owner_id,
    state, publish_at, approved_at, version, created_at, updated_at)
SELECT gen_random_uuid(), %s, 'Bericht ' || m || '-' || p, '', 'https://www.example.org/',
    'https://www.example.org/', 'werk', false,
    %s, CASE WHEN m < 3 THEN 'approved' ELSE 'retired' END, at, at, 1, at, at
FROM generate_series(0, {months} - 1) m, generate_series(1, {posts}) p,
    LATERAL (SELECT now() - m * interval '1 month' - p * interval '1 day' AS at) moment;
CREATE TEMP TABLE post AS SELECT id, row_number() OVER (ORDER BY publish_at DESC) - 1 AS n
FROM ambassadors_examplepost;
INSERT INTO ambassadors_posttext (post_id, network, language, number, text)
SELECT id, network, 'nl', 0, %s FROM ambassadors_examplepost, unnest({networks}) network;
INSERT INTO ambassadors_share (id, user_id, post_id, network, text, signature, code, fingerprint,
    opened_at, confirmed_at, permalink, clicks_raw, clicks_human)
SELECT gen_random_uuid(), w.id, post.id, ({networks})[1 + (w.n / 10 + m) % 6],
    CASE WHEN m < 3 THEN 'Een tekst' ELSE '' END,
    CASE WHEN m < 3 THEN %s::bytea ELSE ''::bytea END,
    substr(md5(w.n || '-' || m), 1, 11), '', at,
    CASE WHEN (w.n / 10 + m) % 3 > 0 THEN at + interval '1 hour' END, '',
    clicks, clicks * 2 / 3
FROM bench_who w CROSS JOIN generate_series(0, {months} - 1) m CROSS JOIN post
-- It names `w`, or one random number would do for all.
JOIN LATERAL (
    SELECT now() - m * interval '1 month' - random() * interval '20 days' * (w.n + 1) / (w.n + 1)
        AS at,
        floor(random() * 2 * {clicks_each} + 0.5 + w.n * 0)::int AS clicks
) one ON true
WHERE w.n % 10 = 0 AND post.n = m * {posts} + (w.n / 10 + m) % {posts}
ON CONFLICT (code) DO NOTHING;
INSERT INTO ambassadors_clickday (post_id, network, day, raw, human)
SELECT post_id, network, (opened_at AT TIME ZONE 'Europe/Amsterdam')::date, sum(clicks_raw),
    sum(clicks_human)
FROM ambassadors_share GROUP BY 1, 2, 3 HAVING sum(clicks_raw) > 0;
INSERT INTO ambassadors_clickmark (mark, batch, at)
SELECT md5(i::text), gen_random_uuid(), now() FROM generate_series(1, {clicks} / 1826) i;
INSERT INTO ambassadors_likeness (share_id, band)
SELECT s.id, CASE WHEN left(s.code, 1) = '0' THEN band ELSE (random() * 9e18)::bigint END
FROM ambassadors_share s, unnest(%s::bigint[]) band WHERE s.text <> '';
INSERT INTO ambassadors_ownpost (id, user_id, kind, network, permalink, fingerprint, posted_at)
SELECT gen_random_uuid(), id, 'post', 'x', '', '', now() - m * interval '1 month'
FROM bench_who, generate_series(0, {months} - 1) m WHERE n % 50 = 0;
DROP TABLE bench_who;
"""


def fill(people: int, months: int) -> dict[str, int]:
    """`{"shares": ..., "clicks": ...}` in this process's database, which is empty but migrated."""
    from ambassadors import shipped, similarity
    from ambassadors.importing import course_file
    from ambassadors.models import Campaign, Consent, Course, CourseVersion
    from server.accounts.models import Department, User
    from tests.factories import make_person

    editor = make_person("Noor", roles=["editor", "admin"], email="noor@example.org")
    make_person("Mark", roles=["manager"], email="mark@example.org")
    campaign = Campaign.objects.create(slug="werk", name_nl="Werk", name_en="Work")
    document = course_file.read(shipped.course())
    begun = timezone.now() - timedelta(days=31 * months)
    course = Course.objects.create(slug=document.slug, created_at=begun)
    course.write_draft(document.model_dump(), by=editor).publish(by=editor)
    CourseVersion.objects.update(published_at=begun)
    Consent.objects.create(decided_on=begun.date(), recorded_at=begun, reference="OR", document="x")
    text = "Vanochtend liep ik mee met een monteur: drie adressen, één koffie en een blij gezicht."
    signature = similarity.signature(text)
    lessons = [lesson.slug for lesson in document.lessons]
    facts = {
        "people": people,
        "months": months,
        "departments": DEPARTMENTS,
        "posts": POSTS_A_MONTH,
        "networks": NETWORKS,
        "clicks": people * CLICKS_PER_EMPLOYEE,
        "clicks_each": CLICKS_PER_EMPLOYEE * 10 / months,
    }
    _run(PEOPLE.format(**facts), [])
    _run(TAKING_PART.format(**facts), [lessons])
    given = [campaign.pk, editor.pk, text, similarity.packed(signature)]
    _run(SHARES.format(**facts), [*given, similarity.bands(signature)])
    manager = User.objects.get(email="mark@example.org")
    manager.department = Department.objects.get(name="Afdeling 1")
    manager.save()
    with connection.cursor() as cursor:
        # As the server does by itself before long.
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*), sum(clicks_raw) FROM ambassadors_share")
        shares, clicks = cursor.fetchone()
    return {"shares": shares, "clicks": clicks}


def _run(script: str, values: list[Any]) -> None:
    """Statement by statement: the server takes values for one at a time."""
    left = list(values)
    with connection.cursor() as cursor:
        for statement in script.split(";\n"):
            given = [left.pop(0) for _ in range(statement.count("%s"))]
            if given:
                statement = statement.replace("%", "%%").replace("%%s", "%s")
            if statement.strip():
                cursor.execute(statement, given or None)
