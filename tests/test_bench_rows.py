"""The rows that bench/ makes fit the tables as they are now: a bench runs too seldom to tell."""

import pytest
from django.db import connection

from ambassadors.models import Certificate, Share
from bench import ambassador_rows, rows
from customer_requests.models import CustomerRequest, SearchText

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_company_of_ambassadors() -> None:
    made = ambassador_rows.fill(200, 14)
    assert made["shares"] == Share.objects.count() > 0
    assert Certificate.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE dep, post")


def test_a_desk() -> None:
    rows.fill(200)
    assert CustomerRequest.objects.count() == SearchText.objects.count() >= 200
