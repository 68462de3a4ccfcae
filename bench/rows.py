"""Many believable requests at once, on PostgreSQL: sentences are made here, rows by the database.

Words are as skewed as in real questions: "internet" is in about half of the requests, a street or
a family name in one of hundreds, and a few words of SEARCHES are put where a search has to work.
"""

# The SQL is our own.
# ruff: noqa: S608

import random
import uuid
from collections.abc import Iterator
from typing import Any

TEAMS, TOPICS_PER_TEAM, AGENTS_PER_TEAM = 6, 3, 10
SENTENCES, NAMES = 20_000, 5_000
# Requests with the rare word, and with both words that hardly meet: as many at every size.
FEW = 5

_WHO = [
    "Mijn buurvrouw",
    "Mijn oom",
    "Mijn tante",
    "Mijn moeder",
    "Een vriend",
    "De trainer van mijn zoon",
    "Mijn zus",
    "De overbuurman",
    "Een oud-collega",
    "Mijn schoonvader",
    "De buren",
    "Mijn nicht",
]
_WHAT = [
    "heeft sinds {when} geen internet",
    "zit {when} zonder internet",
    "krijgt het internet niet snel genoeg",
    "heeft {when} een storing op internet",
    "ziet op televisie alleen blokjes",
    "kan niet bellen",
    "begrijpt de rekening van {when} niet",
    "wil verhuizen en alles meenemen",
    "krijgt wifi boven niet goed",
    "wacht {when} al op de monteur voor internet",
    "betaalt dubbel",
    "wil het abonnement opzeggen",
    "heeft een modem met een rood lampje en geen internet",
    "is de simkaart kwijt",
    "zoekt een sneller internetabonnement",
    "werd {when} niet teruggebeld",
]
_WHEN = [
    "maandag",
    "dinsdag",
    "woensdag",
    "donderdag",
    "vrijdag",
    "gisteren",
    "vorige week",
    "drie dagen",
    "een maand",
    "vanochtend",
    "het weekend",
    "januari",
    "de verbouwing",
    "de storm",
]
_STREET = [
    "Wilg",
    "Beuk",
    "Eik",
    "Linde",
    "Kastanje",
    "Molen",
    "Kerk",
    "School",
    "Dorps",
    "Station",
    "Haven",
    "Markt",
    "Brug",
    "Water",
    "Veld",
    "Berg",
    "Duin",
    "Tuin",
    "Bos",
    "Heide",
    "Prins",
    "Prinses",
    "Koning",
    "Koningin",
    "Admiraal",
    "Kapitein",
    "Rembrandt",
    "Vermeer",
    "Hals",
    "Steen",
    "Escher",
    "Mondriaan",
    "Apollo",
    "Venus",
    "Mercurius",
    "Saturnus",
    "Orion",
    "Noorder",
    "Zuider",
    "Ooster",
    "Wester",
]
_ROAD = [
    "straat",
    "laan",
    "weg",
    "plein",
    "gracht",
    "kade",
    "dijk",
    "hof",
    "dreef",
    "singel",
    "pad",
    "steeg",
]
_FIRST = [
    "Jan",
    "Piet",
    "Kees",
    "Sanne",
    "Emma",
    "Lotte",
    "Fatima",
    "Mohammed",
    "Ayse",
    "Youssef",
    "Daan",
    "Sem",
    "Lucas",
    "Tess",
    "Noor",
    "Maria",
    "Johanna",
    "Willem",
    "Hendrik",
    "Anna",
    "Cornelia",
    "Elisabeth",
    "Gerrit",
    "Dirk",
    "Maud",
    "Sofie",
    "Bram",
    "Thijs",
    "Ruben",
    "Evi",
]
_LAST = [
    "Jansen",
    "Bakker",
    "Visser",
    "Smit",
    "Meijer",
    "Mulder",
    "Bos",
    "Vos",
    "Peters",
    "Hendriks",
    "Dekker",
    "Brouwer",
    "Kok",
    "Jacobs",
    "Vermeulen",
    "Schouten",
    "Willems",
    "Hoekstra",
    "Koster",
    "Prins",
    "Huisman",
    "Postma",
    "Kuipers",
    "Veenstra",
    "Yilmaz",
    "Kaya",
    "Demir",
    "Elamrani",
    "Ouali",
    "Pronk",
    "Zwart",
    "Groen",
    "Wit",
    "Bruin",
    "Ras",
    "Prinsen",
    "Timmer",
    "Schipper",
    "Boer",
    "Kramer",
]


def fill(size: int, seed: int = 20) -> None:
    """`size` requests over six teams, each with two entries and its words in the search index."""
    from django.db import connection, transaction

    people = _people()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        tables = [_table(name) for name in ("CustomerRequest", "Entry", "SearchText")]
        indexes = _without_indexes(cursor, tables)
        _without_checks(cursor)
        cursor.execute("SELECT setseed(%s)", [1 / seed])
        _sentences(cursor, random.Random(seed))
        _insert(cursor, size, people)
        for index in indexes:
            cursor.execute(index)
    _figures()
    _problem()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _figures() -> None:
    """Each day's figures, counted as the worker does; `count_due` does some days at a time."""
    from customer_requests.models import DayFigures, FigureDay

    days = -1
    while FigureDay.objects.count() != days:
        days = FigureDay.objects.count()
        DayFigures.count_due()


def _problem() -> None:
    """A known problem with a few under it; many others look like it."""
    from customer_requests.models import CustomerRequest, KnownProblem
    from server.accounts.models import Team, User

    agent = User.objects.get(email="agent-0-0@example.org")
    problem, _new = KnownProblem.note_down(
        by=agent, id=uuid.uuid4(), title="Storing internet Wilgenlaan", words="Kabel geraakt.",
        team=Team.objects.get(slug="team-0"), topic=None,
    )  # fmt: skip
    open_ones = CustomerRequest.objects.filter(team__slug="team-0", status="received")
    for request in open_ones.order_by("-created_at")[:20]:
        request.put_under(problem, by=agent)


def _people() -> dict[str, list[str]]:
    """Teams, their topics and agents, and employees: ids as arrays for SQL, by team in order."""
    from server.accounts.models import TeamMember
    from tests.factories import make_agent, make_person, make_team, make_topic

    teams = [make_team(f"team-{number}") for number in range(TEAMS)]
    topics = [
        make_topic(team, f"topic-{number}-{each}")
        for number, team in enumerate(teams)
        for each in range(TOPICS_PER_TEAM)
    ]
    agents = [
        make_agent(team, f"Agent {number} {each}", email=f"agent-{number}-{each}@example.org")
        for number, team in enumerate(teams)
        for each in range(AGENTS_PER_TEAM)
    ]
    for team in teams[1:3]:
        TeamMember.objects.create(team=team, user=agents[0])
    lead = make_person("Lead", email="lead@example.org")
    for team in teams[:3]:
        TeamMember.objects.create(team=team, user=lead, role="lead")
    make_person("Admin", email="admin@example.org", roles=["admin"])
    employees = [make_person() for _ in range(20)]
    return {
        "teams": [str(team.pk) for team in teams],
        "topics": [str(topic.pk) for topic in topics],
        "agents": [str(agent.pk) for agent in agents],
        "employees": [str(employee.pk) for employee in employees],
    }


def _table(name: str) -> str:
    from django.apps import apps

    return str(apps.get_model("customer_requests", name)._meta.db_table)


def _without_indexes(cursor: Any, tables: list[str]) -> list[str]:
    """Drop what is no constraint, for as long as it takes; returns how to make each again."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid::regclass::text = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [tables],
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _name, definition in found]


def _without_checks(cursor: Any) -> None:
    """Whether each row's team, topic and people exist is not looked up a million times: they do.
    Only a superuser may leave that out.
    """
    cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
    if cursor.fetchone()[0]:
        cursor.execute("SET LOCAL session_replication_role = replica")


def _sentences(cursor: Any, rng: random.Random) -> None:
    """Two tables of words to choose from: what is asked, and who asks it."""
    from customer_requests.models.search_text import vector
    from customer_requests.stems import Indexed

    def rows(texts: Iterator[str]) -> Iterator[tuple[int, str, str, int]]:
        for number, text in enumerate(texts):
            words = Indexed.of([text])
            yield number, text, vector(words, ""), words.size

    for table, texts in (
        ("said", (_sentence(rng) for _ in range(SENTENCES))),
        ("called", (_name(rng) for _ in range(NAMES))),
        ("put", iter(["Het gaat om glasvezel.", "Het gaat om de kabel.", "Over adsl.",
                      "Er staat zeldzaambaar op.", "Eerst glasvezel, nu kabel."])),
    ):  # fmt: skip
        cursor.execute(
            f"CREATE TEMP TABLE {table} (n int PRIMARY KEY, words text, vector tsvector, size int)"
            " ON COMMIT DROP"
        )
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows(texts):
                copy.write_row(row)


def _sentence(rng: random.Random) -> str:
    what = rng.choice(_WHAT).format(when=rng.choice(_WHEN))
    street = f"{rng.choice(_STREET)}en{rng.choice(_ROAD)} {rng.randint(1, 400)}"
    model = f"{rng.choice('ABCDEFGH')}{rng.randint(100, 9999)}"
    return (
        f"{rng.choice(_WHO)} {what}. Het adres is {street} in {rng.choice(_STREET)}dam en op het "
        f"kastje staat {model}. Wie kan even meekijken of bellen, liefst na {rng.choice(_WHEN)}?"
    )


def _name(rng: random.Random) -> str:
    ending = rng.choice(["", "", "sen", "ma", "stra", "mans", " van Dam", " de Groot", "inga"])
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}{ending}"


def _insert(cursor: Any, size: int, people: dict[str, list[str]]) -> None:
    from customer_requests.models import CustomerRequest, Entry, SearchText
    from customer_requests.models.search_text import FORTNIGHT
    from server.accounts.models import AuditEvent

    cursor.execute(
        # What chance decides, once per row; r0 is skewed: some sentences come much more often.
        f"""CREATE TEMP TABLE row ON COMMIT DROP AS
        SELECT g, g % {TEAMS} AS team, gen_random_uuid() AS id, random() AS status,
            (power(random(), 3) * {SENTENCES - 1})::int AS s0,
            (random() * {SENTENCES - 1})::int AS s1, (random() * {NAMES - 1})::int AS name,
            (random() * {AGENTS_PER_TEAM - 1})::int AS agent,
            date_trunc('hour', now()) - make_interval(secs => {size} * 30 - (g * 30 + random()))
                AS at,
            random() AS due,
            CASE WHEN g % {size // FEW} = 3 THEN 3 WHEN g % {size // FEW} = 5 THEN 4
                 WHEN g < {size // 10} THEN 2 ELSE g % 2 END AS put
        FROM generate_series(0, {size - 1}) AS g"""
    )
    # The quiet team has a long history, and its oldest ten are still open.
    cursor.execute(
        f"""ALTER TABLE row ADD COLUMN state text;
        UPDATE row SET state = CASE
            WHEN team = {TEAMS - 1} AND g < {TEAMS * 10} THEN 'received'
            WHEN team = {TEAMS - 1} THEN 'closed'
            WHEN status < 0.13 THEN 'received' WHEN status < 0.22 THEN 'in_progress'
            WHEN status < 0.25 THEN 'waiting' WHEN status < 0.35 THEN 'solved'
            WHEN status < 0.95 THEN 'closed' ELSE 'withdrawn' END;
        ANALYZE row"""
    )
    held = "state NOT IN ('received', 'withdrawn')"
    ended = "state IN ('closed', 'withdrawn')"
    solved = "state IN ('solved', 'closed')"
    agent = f"CASE WHEN {held} THEN agents[1 + team * {AGENTS_PER_TEAM} + agent]::uuid END"
    topic = f"topics[1 + team * {TOPICS_PER_TEAM} + mod(g / {TEAMS}, {TOPICS_PER_TEAM})]::uuid"
    # As references look, but in order; the check character does not matter to the database.
    parts = "lpad(to_hex(g / 65536), 4, 'Z') || '-' || lpad(to_hex(mod(g, 65536)), 4, '0')"
    reference = f"'DHG-' || upper({parts})"
    columns = {
        "id": "id",
        "reference": reference,
        "topic_id": topic,
        "team_id": "teams[1 + team]::uuid",
        "employee_id": "employees[1 + mod(g, 20)]::uuid",
        "agent_id": agent,
        "status": "state",
        "waiting_on": "CASE state WHEN 'waiting' THEN 'customer' ELSE '' END",
        "closed_as": "CASE state WHEN 'closed' THEN 'confirmed' ELSE '' END",
        "closed_at": f"CASE WHEN {ended} THEN at + interval '3 days' END",
        "solved_at": f"CASE WHEN {solved} THEN at + interval '2 days' END",
        "first_solved_at": f"CASE WHEN {solved} THEN at + interval '2 days' END",
        "solve_worked": f"CASE WHEN {solved} THEN due * interval '16 hours' END",
        "solve_waited": f"CASE WHEN {solved} THEN due * interval '5 hours' END",
        "first_response_at": f"CASE WHEN {held} THEN at + interval '1 hour' END",
        "first_response_worked": f"CASE WHEN {held} THEN due * interval '4 hours' END",
        "question": "concat_ws(' ', a.words, b.words, put.words)",
        "customer_name": "called.words",
        "customer_email": "'customer-' || g || '@example.org'",
        "customer_channel": "'email'",
        "fingerprint": "repeat('0', 64)",
        "created_at": "at",
        "updated_at": "at",
        "entry_count": "2",
        "queue_due": (
            f"CASE WHEN {ended} OR state = 'solved' THEN timestamptz '9999-01-01'"
            " ELSE at + make_interval(hours => 8, mins => (due * 3600)::int) END"
        ),
    }
    lists = ", ".join(f"%({name})s::text[] AS {name}" for name in people)
    rows = (
        "row JOIN said AS a ON a.n = s0 JOIN said AS b ON b.n = s1 JOIN called ON called.n = name"
        f" JOIN put ON put.n = row.put CROSS JOIN (SELECT {lists}) AS people"
    )
    _insert_into(cursor, CustomerRequest, columns, f"{rows} ORDER BY g", people)
    for number, kind, words in ((1, "submitted", "''"), (2, "note", "b.words")):
        told = "true" if kind == "submitted" else "false"
        facts = {
            "id": "gen_random_uuid()",
            "request_id": "row.id",
            "number": str(number),
            "kind": f"'{kind}'",
            "at": "at",
            "actor_role": "'employee'" if number == 1 else "'agent'",
            "to_customer": told,
            "to_employee": told,
            "text_team": words,
        }
        _insert_into(cursor, Entry, facts, "row JOIN said AS b ON b.n = s1", {})
    facets = " || ' ' || ".join(
        [
            f"'team-' || replace({columns['team_id']}::text, '-', '')",
            f"'topic-' || replace({topic}::text, '-', '')",
            f"'agent-' || coalesce(replace(({agent})::text, '-', ''), 'none')",
            "'status-' || state",
            "'priority-normal'",
        ]
    )
    mail = "'customer-' || g || '@example.org'"
    key = "(('x' || left(row.id::text, 8))::bit(32)::bigint & 4294967295)"
    # As `number_of` has it: microseconds, then the first eleven bits of the id.
    key_of_row = f"((extract(epoch FROM at) * 1000000)::bigint * 2048 + ({key} >> 21))"
    words = (
        f"array_to_tsvector(ARRAY['dhg', {mail}, lower(split_part({reference}, '-', 2)),"
        f" lower(split_part({reference}, '-', 3)), g::text])"
        " || a.vector || b.vector || put.vector || called.vector"
    )
    mark = f"lpad(to_hex({key_of_row} / {FORTNIGHT}), 3, '0')"
    index = {
        "number": key_of_row,
        "request_id": "row.id",
        "words": _marked(words, mark),
        "facets": _marked(f"({facets})::tsvector", mark),
        "size": "a.size + b.size",
    }
    _insert_into(cursor, SearchText, index, f"{rows} ORDER BY g", people)
    looked = {
        "id": "g + 1",
        "actor_id": f"agents[1 + team * {AGENTS_PER_TEAM} + agent]::uuid",
        "action": "CASE mod(g, 3) WHEN 0 THEN 'customer-details-seen' ELSE 'request-note' END",
        "subject_type": "'customer_request'",
        "subject_id": "row.id",
        "at": "at",
        "once": "'bench-' || g",
    }
    _insert_into(cursor, AuditEvent, looked, f"row CROSS JOIN (SELECT {lists}) AS people", people)
    table = AuditEvent._meta.db_table
    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {size})")


def _marked(words: str, mark: str) -> str:
    """With a fortnight's mark before each word: a tsvector reads 'one' 'two':7."""
    others = f"replace(({words})::text, $$ '$$, $$ '$$ || {mark})"
    return f"('''' || {mark} || substr({others}, 2))::tsvector"


def _insert_into(cursor: Any, model: Any, columns: dict[str, str], rows: str, values: Any) -> None:
    """These columns from these rows; the others as the model says."""
    from django.db import connection

    names, parts, values = [], [], dict(values)
    for field in model._meta.concrete_fields:
        names.append(field.column)
        if field.column in columns:
            parts.append(columns[field.column])
            continue
        values[f"default_{field.column}"] = field.get_db_prep_save(field.get_default(), connection)
        parts.append(f"%(default_{field.column})s::{field.db_type(connection)}")
    listed = ", ".join(f'"{name}"' for name in names)
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({listed}) SELECT {', '.join(parts)} FROM {rows}",
        values,
    )
