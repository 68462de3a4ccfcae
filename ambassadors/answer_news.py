"""The kinds of what is told of approved answers; who hears it stands in review_news.py."""

REVIEW_ASKED = "answer.review-asked"
APPROVED = "answer.approved"
CHANGES = "answer.changes-asked"
GOES_SOON = "answer.goes-soon"
GONE = "answer.gone"
