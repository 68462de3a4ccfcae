"""Puts a team and its people in the database of `tests.installs.Install`: prints them as JSON."""

import json
import os
import sys
from datetime import time


def main(wanted: dict[str, int]) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    django.setup()
    from notifications.models import Device
    from server.accounts.models import WorkingPeriod
    from tests.clients import session_token
    from tests.factories import make_agent, make_person, make_team, make_topic

    team = make_team("internet", name="Internet en tv", holidays="NL")
    WorkingPeriod.objects.bulk_create(
        WorkingPeriod(team=team, weekday=day, opens=time(8), closes=time(18)) for day in range(5)
    )
    topic = make_topic(team, "internet")
    agents = [make_agent(team) for _ in range(wanted["agents"])]
    employees = [make_person() for _ in range(wanted["employees"])]
    devices = [
        Device(
            user=employee,
            token=f"token-of-phone-{number}-of-{employee.pk}",
            installation_id=f"phone-{number}-of-{employee.pk}",
            platform="android",
        )
        for employee in employees
        for number in range(wanted["devices"])
    ]
    Device.objects.bulk_create(devices)
    people = {
        "topic": topic.slug,
        "agents": [session_token(agent) for agent in agents],
        "employees": [session_token(employee) for employee in employees],
        "devices": [device.token for device in devices],
    }
    print(json.dumps(people))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
