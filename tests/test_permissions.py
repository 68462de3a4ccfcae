"""Who may call what: one row per operation, one column per kind of caller.

The rows are compared with the OpenAPI document, so an operation without a row fails, and every
cell is called with a valid body on a fresh request in a state that allows the verb.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ambassadors import answering, sharing
from ambassadors.models import Certificate, Phrase
from customer_requests.desk.bulk_api import ask
from customer_requests.desk.bulk_schemas import BulkIn
from customer_requests.models import CannedText, CustomerRequest, KnownProblem, Macro
from customer_requests.models.life import Actor
from notifications.models import Device, Notification
from server.accounts.models import Absence, Team, User
from server.api import api
from server.uploads import Upload
from tests import answers, factories, posts
from tests.champions import make_policy
from tests.clients import Api, content_of, photo, question
from tests.courses import make_course, with_picture
from tests.factories import make_agent, make_person, make_team, make_topic
from tests.posts import published
from tests.tables import taken_back

pytestmark = pytest.mark.django_db

# 401 no credentials, 403 never for this role, 404 not yours to see.
TABLE = """
                                              no   custo em-  other agent agent edi- mana ad-  deac-
                                              body mer   ploy empl. team  other tor  ger  min  tivat
GET    /me                                    401  401   200  200   200   200   200  200  200  401
PATCH  /me                                    401  401   200  200   200   200   200  200  200  401
GET    /me/notifications                      401  401   200  200   200   200   200  200  200  401
PATCH  /me/notifications                      401  401   200  200   200   200   200  200  200  401
GET    /audit                                 401  401   403  403   403   403   403  403  200  401
GET    /topics                                401  401   200  200   200   200   200  200  200  401
GET    /requests                              401  401   200  200   200   200   200  200  200  401
POST   /requests                              401  401   201  201   201   201   201  201  201  401
GET    /changes                               401  401   200  200   200   200   200  200  200  401
GET    /inbox                                 401  401   200  200   200   200   200  200  200  401
POST   /inbox/read                            401  401   200  404   404   404   404  404  404  401
PUT    /devices/{installation_id}             401  401   201  201   201   201   201  201  201  401
DELETE /devices/{installation_id}             401  401   204  404   404   404   404  404  404  401

GET    /requests/{request_id}                 401  401   200  404   404   404   404  404  404  401
GET    /requests/{request_id}/timeline        401  401   200  404   404   404   404  404  404  401
POST   /requests/{request_id}/messages        401  401   201  404   404   404   404  404  404  401
POST   /requests/{request_id}/attachments     401  401   201  404   404   404   404  404  404  401
GET    /requests/{request_id}/attachments/{attachment_id} \
                                              401  401   200  404   404   404   404  404  404  401
POST   /requests/{request_id}/withdraw        401  401   200  404   404   404   404  404  404  401
POST   /requests/{request_id}/reopen          401  401   200  404   404   404   404  404  404  401
POST   /requests/{request_id}/placed          401  401   200  404   404   404   404  404  404  401
POST   /requests/{request_id}/confirm         401  401   200  404   404   404   404  404  404  401
POST   /requests/{request_id}/erase           401  401   200  404   404   404   404  404  404  401

GET    /desk/requests                         401  401   403  403   200   200   403  403  403  401
GET    /desk/agents                           401  401   403  403   200   200   403  403  403  401
GET    /desk/absences                         401  401   403  403   200   200   403  403  403  401
POST   /desk/absences                         401  401   403  403   201   201   403  403  403  401
DELETE /desk/absences/{absence_id}            401  401   403  403   204   404   403  403  403  401
GET    /desk/requests/{request_id}            401  401   403  403   200   404   403  403  403  401
GET    /desk/requests/{request_id}/attachments/{attachment_id} \
                                              401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/claim      401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/release    401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/assign     401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/transfer   401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/priority   401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/steps      401  401   403  403   201   404   403  403  403  401
PATCH  /desk/requests/{request_id}/steps/{step_id} \
                                              401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/updates    401  401   403  403   201   404   403  403  403  401
POST   /desk/requests/{request_id}/notes      401  401   403  403   201   404   403  403  403  401
POST   /desk/requests/{request_id}/wait       401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/resume     401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/solve      401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/merge      401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/unmerge    401  401   403  403   200   404   403  403  403  401
POST   /desk/requests/{request_id}/split      401  401   403  403   201   404   403  403  403  401
POST   /desk/requests/{request_id}/links      401  401   403  403   200   404   403  403  403  401
DELETE /desk/requests/{request_id}/links/{other_id} \
                                              401  401   403  403   200   404   403  403  403  401
PUT    /desk/requests/{request_id}/customer   401  401   403  403   200   404   403  403  403  401
GET    /desk/requests/{request_id}/drafts/{kind} \
                                              401  401   403  403   200   404   403  403  403  401
PUT    /desk/requests/{request_id}/drafts/{kind} \
                                              401  401   403  403   200   404   403  403  403  401
DELETE /desk/requests/{request_id}/drafts/{kind} \
                                              401  401   403  403   204   404   403  403  403  401
POST   /desk/requests/{request_id}/preview    401  401   403  403   200   404   403  403  403  401

GET    /desk/texts                            401  401   403  403   200   200   403  403  403  401
PUT    /desk/texts/{text_id}                  401  401   403  403   403   403   403  403  403  401
DELETE /desk/texts/{text_id}                  401  401   403  403   403   403   403  403  403  401
GET    /desk/macros                           401  401   403  403   200   200   403  403  403  401
PUT    /desk/macros/{macro_id}                401  401   403  403   403   403   403  403  403  401
DELETE /desk/macros/{macro_id}                401  401   403  403   403   403   403  403  403  401
POST   /desk/requests/{request_id}/macros/{macro_id} \
                                              401  401   403  403   200   404   403  403  403  401
POST   /desk/bulk                             401  401   403  403   201   404   403  403  403  401
GET    /desk/bulk/{bulk_id}                   401  401   403  403   200   404   403  403  403  401
POST   /desk/bulk/{bulk_id}/undo              401  401   403  403   200   404   403  403  403  401

GET    /desk/problems                         401  401   403  403   200   200   403  403  403  401
POST   /desk/problems                         401  401   403  403   201   403   403  403  403  401
GET    /desk/problems/{problem_id}            401  401   403  403   200   200   403  403  403  401
PUT    /desk/problems/{problem_id}            401  401   403  403   200   403   403  403  403  401
GET    /desk/problems/{problem_id}/requests   401  401   403  403   200   200   403  403  403  401
POST   /desk/problems/{problem_id}/requests   401  401   403  403   200   200   403  403  403  401
GET    /desk/problems/{problem_id}/look-alikes \
                                              401  401   403  403   200   200   403  403  403  401
POST   /desk/problems/{problem_id}/announcements \
                                              401  401   403  403   201   403   403  403  403  401
GET    /desk/problems/{problem_id}/announcements/{announcement_id} \
                                              401  401   403  403   200   200   403  403  403  401
POST   /desk/problems/{problem_id}/announcements/{announcement_id}/try-again \
                                              401  401   403  403   200   403   403  403  403  401
POST   /desk/problems/{problem_id}/undo-solved \
                                              401  401   403  403   200   403   403  403  403  401
POST   /desk/requests/{request_id}/problem    401  401   403  403   200   404   403  403  403  401
DELETE /desk/requests/{request_id}/problem    401  401   403  403   200   404   403  403  403  401

GET    /policy                                401  401   200  200   200   200   200  200  200  401
POST   /policy/{version}/acceptance           401  401   201  201   201   201   201  201  201  401
GET    /policy/acceptances                    401  401   403  403   403   403   200  403  200  401
GET    /policy/{version}/proof                401  401   403  403   403   403   403  403  200  401
GET    /ambassadors/me                        401  401   200  200   200   200   200  200  200  401
PUT    /ambassadors/me                        401  401   200  200   200   200   200  200  200  401
DELETE /ambassadors/me                        401  401   200  200   200   200   200  200  200  401
GET    /ambassadors/counts                    401  401   403  403   403   403   200  200  200  401
GET    /ambassadors/board                     401  401   200  200   200   200   200  200  200  401
GET    /example-posts                         401  401   200  200   200   200   200  200  200  401
GET    /example-posts/topics                  401  401   200  200   200   200   200  200  200  401
GET    /example-posts/suggestions             401  401   200  200   200   200   200  200  200  401
POST   /example-posts/suggestions             401  401   201  201   201   201   201  201  201  401
GET    /example-posts/{post_id}               401  401   200  200   200   200   200  200  200  401
GET    /example-posts/{post_id}/images/{image_id} \
                                              401  401   200  200   200   200   200  200  200  401
POST   /example-posts/{post_id}/check         401  401   200  200   200   200   200  200  200  401
POST   /example-posts/{post_id}/shares        401  401   201  201   201   201   201  201  201  401
GET    /example-posts/results                 401  401   403  403   403   403   200  403  200  401
GET    /shares                                401  401   200  200   200   200   200  200  200  401
PATCH  /shares/{share_id}                     401  401   200  404   404   404   404  404  404  401
GET    /approved-answers                      401  401   200  200   200   200   200  200  200  401
GET    /approved-answers/topics               401  401   200  200   200   200   200  200  200  401
GET    /approved-answers/{answer_id}          401  401   200  200   200   200   200  200  200  401
POST   /approved-answers/{answer_id}/check    401  401   200  200   200   200   200  200  200  401
POST   /approved-answers/{answer_id}/uses     401  401   201  201   201   201   201  201  201  401
GET    /answer-uses                           401  401   200  200   200   200   200  200  200  401
PATCH  /answer-uses/{use_id}                  401  401   200  404   404   404   404  404  404  401
GET    /own-posts                             401  401   200  200   200   200   200  200  200  401
POST   /own-posts                             401  401   201  201   201   201   201  201  201  401
GET    /phrases                               401  401   403  403   403   403   200  403  200  401
PUT    /phrases/{phrase_id}                   401  401   403  403   403   403   201  403  201  401
DELETE /phrases/{phrase_id}                   401  401   403  403   403   403   204  403  204  401
GET    /courses                               401  401   200  200   200   200   200  200  200  401
GET    /courses/{slug}                        401  401   200  200   200   200   200  200  200  401
GET    /courses/{slug}/images/{image_id}      401  401   200  200   200   200   200  200  200  401
POST   /courses/{slug}/lessons/{lesson}/done  401  401   200  200   200   200   200  200  200  401
POST   /courses/{slug}/attempts               401  401   201  201   201   201   201  201  201  401
GET    /certificates/issuer                   200  200   200  200   200   200   200  200  200  200
GET    /certificates/status/{number}          200  200   200  200   200   200   200  200  200  200
GET    /certificates/{certificate_id}         200  200   200  200   200   200   200  200  200  200
GET    /certificates/{certificate_id}/status  200  200   200  200   200   200   200  200  200  200

GET    /track/{token}                         404  200   404  404   404   404   404  404  404  404
GET    /track/{token}/attachments/{attachment_id} \
                                              404  200   404  404   404   404   404  404  404  404
POST   /track/{token}/messages                404  201   404  404   404   404   404  404  404  404
POST   /track/{token}/confirm                 404  200   404  404   404   404   404  404  404  404
POST   /track/{token}/reopen                  404  200   404  404   404   404   404  404  404  404
POST   /track/{token}/withdraw                404  200   404  404   404   404   404  404  404  404
POST   /track/{token}/rating                  404  201   404  404   404   404   404  404  404  404
"""
COLUMNS = (
    "nobody",
    "customer",
    "employee",
    "other employee",
    "agent",
    "agent of another team",
    "editor",
    "manager",
    "admin",
    "deactivated",
)


def _rows() -> dict[str, list[int]]:
    rows = {}
    for line in TABLE.splitlines():
        words = line.split()
        if words and words[0].isupper():
            rows[f"{words[0]} {words[1]}"] = [int(word) for word in words[2:]]
    return rows


ROWS = _rows()


@dataclass
class Company:
    """One person per column, a team with a topic, and another team."""

    team: Team
    other_team: Team
    topic: str
    people: dict[str, User]

    def request(self, state: Callable[..., CustomerRequest], **facts: Any) -> CustomerRequest:
        topic = self.team.topics.get()
        if state is not factories.submit:
            facts["agent"] = self.people["agent"]
        return state(by=self.people["employee"], topic=topic, **facts)


@pytest.fixture
def company() -> Company:
    team, other_team = make_team("internet"), make_team("mobiel")
    people = {
        "employee": make_person("Sanne de Vries"),
        "other employee": make_person("Piet Smit"),
        "agent": make_agent(team, "Daan Bakker"),
        "agent of another team": make_agent(other_team, "Joris Visser"),
        "editor": make_person("Noor Mulder", roles=["editor"]),
        "manager": make_person("Mark de Boer", roles=["manager"]),
        "admin": make_person("Ans Dekker", roles=["admin"]),
        # With every right there is, to show that none of them counts any more.
        "deactivated": make_agent(
            team, "Wim Kok", is_active=False, roles=["editor", "manager", "admin"]
        ),
    }
    people["employee"].manager = people["manager"]
    people["employee"].save()
    return Company(team, other_team, make_topic(team).slug, people)


Body = dict[str, Any] | None
# The parts of the path, and the body; a request where the operation is about one.
Call = tuple[CustomerRequest | None, dict[str, Any], Body]


def _on(state: Callable[..., CustomerRequest], body: Body = None) -> Callable[[Company], Call]:
    return lambda company: (company.request(state), {}, body)


def _under_post(company: Company) -> Call:
    """An answered question of a stranger, whose employee does what others do by their link."""
    return company.request(factories.solved, **factories.under_post()), {}, {}


def _fresh(**facts: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), **facts}


def _with_file(company: Company) -> Call:
    request = company.request(factories.submit)
    upload = Upload(
        name="photo.png",
        content_type="image/png",
        extension=".png",
        content=photo(),
        sha256="0" * 64,
    )
    file, _new = request.attach(by=Actor.employee(request.employee), id=uuid.uuid4(), upload=upload)
    return request, {"attachment_id": file.pk}, None


def _with_step(company: Company) -> Call:
    request = company.request(factories.claimed)
    step, _new = request.plan_step(by=factories.holder(request), id=uuid.uuid4(), title="Meten")
    return request, {"step_id": step.pk}, {"state": "done"}


def _with_device(company: Company) -> Call:
    name = uuid.uuid4().hex
    Device.register(
        user=company.people["employee"], installation_id=name, token=name, platform="ios"
    )
    return None, {"installation_id": name}, None


def _new_device(company: Company) -> Call:
    name = uuid.uuid4().hex
    return None, {"installation_id": name}, {"token": name, "platform": "ios"}


def _with_absence(company: Company) -> Call:
    absence, _new = Absence.enter(by=company.people["agent"], id=uuid.uuid4())
    return None, {"absence_id": absence.pk}, None


def _with_inbox(company: Company) -> Call:
    request = company.request(factories.claimed)
    told = Notification.objects.get(user=company.people["employee"], subject_id=request.pk)
    return request, {}, {"up_to": str(told.pk)}


def _with_text(body: Body = None) -> Callable[[Company], Call]:
    """A text of the team, which its lead may change and its agents may use."""

    def made(company: Company) -> Call:
        text = CannedText.objects.create(team=company.team, name=uuid.uuid4().hex, note_nl="x")
        return None, {"text_id": text.pk}, body

    return made


def _with_macro(
    body: Body = None, state: Callable[..., CustomerRequest] | None = None
) -> Callable[[Company], Call]:
    """A macro of the team; with a request in this state, a fresh use of it there."""

    def made(company: Company) -> Call:
        macro = Macro.objects.create(
            team=company.team, name=uuid.uuid4().hex, step_title_nl="Modeltype gevraagd"
        )
        if state is None:
            return None, {"macro_id": macro.pk}, body
        return company.request(state), {"macro_id": macro.pk}, _fresh()

    return made


def _bulk(company: Company, *, asked: bool = True) -> Call:
    """A note on one request, asked for by the agent already or in the body."""
    request = company.request(factories.submit)
    body = _fresh(requests=[{"id": str(request.pk)}], note={"text": "Storing in de wijk"})
    if not asked:
        return None, {}, body
    bulk, _new = ask(BulkIn(**body), company.people["agent"])
    return None, {"bulk_id": bulk.pk}, None


def _plain(body: Body = None) -> Callable[[Company], Call]:
    return lambda company: (None, {}, body)


def _with_policy(company: Company) -> Call:
    """A policy of this call's own, that nobody has accepted yet."""
    return None, {"version": make_policy(company.people["editor"]).number}, None


def _draft(body: Body = None) -> Callable[[Company], Call]:
    return lambda company: (company.request(factories.claimed), {"kind": "reply"}, body)


def _twice(company: Company) -> tuple[CustomerRequest, CustomerRequest]:
    return company.request(factories.claimed), company.request(factories.claimed)


def _to_merge(company: Company) -> Call:
    goes_on, ends = _twice(company)
    return ends, {}, {"into": goes_on.reference}


def _merged(company: Company) -> Call:
    goes_on, ends = _twice(company)
    ends.merge(goes_on, by=company.people["agent"])
    return ends, {}, None


def _to_link(company: Company) -> Call:
    one, other = _twice(company)
    return one, {}, {"request": other.reference}


def _linked(company: Company) -> Call:
    one, other = _twice(company)
    one.link(other, by=company.people["agent"])
    return one, {"other_id": other.pk}, None


def _known(company: Company) -> KnownProblem:
    facts: dict[str, Any] = {"title": "Storing", "words": "Kabel.", "topic": None}
    agent, id = company.people["agent"], uuid.uuid4()
    return KnownProblem.note_down(by=agent, id=id, team=company.team, **facts)[0]


def _on_problem(body: Body = None) -> Callable[[Company], Call]:
    def call(company: Company) -> Call:
        fresh = {"id": str(uuid.uuid4()), **body} if body and "solves" in body else body
        return None, {"problem_id": _known(company).pk}, fresh

    return call


def _announced(company: Company) -> Call:
    problem, texts = _known(company), {"customer_nl": "Klaar.", "employee_nl": "Klaar."}
    said, _new = problem.announce(
        by=company.people["agent"], id=uuid.uuid4(), solves=True, texts=texts
    )
    return None, {"problem_id": problem.pk, "announcement_id": said.pk}, None


def _to_put_under(company: Company) -> Call:
    return company.request(factories.submit), {}, {"problem": str(_known(company).pk)}


def _under(company: Company) -> Call:
    request = company.request(factories.submit)
    request.put_under(_known(company), by=company.people["agent"])
    return request, {}, None


def _with_post(company: Company) -> Call:
    post = posts.published(with_image=True)
    return None, {"post_id": post.pk, "image_id": post.images.get().pk}, None


def _on_post(body: Body) -> Callable[[Company], Call]:
    def call(company: Company) -> Call:
        fresh = {**body, "id": str(uuid.uuid4())} if body and "id" in body else body
        return None, {"post_id": published().pk}, fresh

    return call


def _course(body: Body = None, **parts: str) -> Callable[[Company], Call]:
    def call(company: Company) -> Call:
        slug = f"course-{uuid.uuid4().hex}"
        make_course(slug)
        fresh = {"id": str(uuid.uuid4()), **body} if body else None
        return None, {"slug": slug, **parts}, fresh

    return call


def _on_answer(body: Body = None) -> Callable[[Company], Call]:
    def call(company: Company) -> Call:
        fresh = {**body, "id": str(uuid.uuid4())} if body and "id" in body else body
        return None, {"answer_id": answers.approved().pk}, fresh

    return call


def _with_use(company: Company) -> Call:
    use, _remarks, _new = answering.take(
        by=company.people["employee"],
        id=uuid.uuid4(),
        answer=answers.approved(),
        network="x",
        text=None,
        language="nl",
        permalink=None,
    )
    return None, {"use_id": use.pk}, {"state": "confirmed"}


def _with_picture(company: Company) -> Call:
    slug = f"course-{uuid.uuid4().hex}"
    course = with_picture(slug)
    return None, {"slug": slug, "image_id": course.images.get().pk}, None


def _with_share(company: Company) -> Call:
    share, _remarks, _new = sharing.take(
        by=company.people["employee"],
        id=uuid.uuid4(),
        post=published(),
        network="linkedin",
        text=None,
    )
    return None, {"share_id": share.pk}, {"state": "confirmed"}


def _phrase() -> dict[str, str]:
    return {"text": uuid.uuid4().hex, "risk": "careful", "reason_nl": "x", "reason_en": "x"}


def _with_phrase(company: Company) -> Call:
    phrase = Phrase(pk=uuid.uuid4())
    phrase.write(by=company.people["editor"], **_phrase())
    return None, {"phrase_id": phrase.pk}, None


def _certificate(company: Company) -> Call:
    course = make_course(f"course-{uuid.uuid4().hex}")
    version = course.current
    assert version is not None
    held = Certificate.issue(company.people["employee"], version)
    return None, {"certificate_id": held.pk, "number": 0}, None


REASON = {"reason": "Het doet het weer."}
ADDRESS = {"channel": "email", "email": "nieuw@example.org"}
CALLS: dict[str, Callable[[Company], Call]] = {
    "GET /courses": _plain(),
    "GET /courses/{slug}": _course(),
    "GET /courses/{slug}/images/{image_id}": _with_picture,
    "POST /courses/{slug}/lessons/{lesson}/done": _course(lesson="een"),
    "POST /courses/{slug}/attempts": _course({"answers": {}}),
    "GET /certificates/issuer": _plain(),
    "GET /certificates/status/{number}": _certificate,
    "GET /certificates/{certificate_id}": _certificate,
    "GET /certificates/{certificate_id}/status": _certificate,
    "GET /me": _plain(),
    "PATCH /me": _plain({"language": "en"}),
    "GET /me/notifications": _plain(),
    "PATCH /me/notifications": _plain({"kinds": {"employee.step": {"email": True}}}),
    "GET /audit": _plain(),
    "GET /topics": _plain(),
    "GET /requests": _on(factories.submit),
    "POST /requests": lambda company: (None, {}, question(company.topic)),
    "GET /changes": _on(factories.submit),
    "GET /inbox": _on(factories.claimed),
    "POST /inbox/read": _with_inbox,
    "PUT /devices/{installation_id}": _new_device,
    "DELETE /devices/{installation_id}": _with_device,
    "GET /requests/{request_id}": _on(factories.submit),
    "GET /requests/{request_id}/timeline": _on(factories.submit),
    "POST /requests/{request_id}/messages": lambda company: (
        company.request(factories.claimed),
        {},
        _fresh(text="Zij is na vijven thuis."),
    ),
    "POST /requests/{request_id}/attachments": _on(factories.submit),
    "GET /requests/{request_id}/attachments/{attachment_id}": _with_file,
    "POST /requests/{request_id}/withdraw": _on(factories.submit, REASON),
    "POST /requests/{request_id}/placed": _under_post,
    "POST /requests/{request_id}/confirm": _under_post,
    "POST /requests/{request_id}/erase": _under_post,
    "POST /requests/{request_id}/reopen": _on(factories.closed, REASON),
    "GET /desk/requests": _on(factories.submit),
    "GET /desk/agents": _plain(),
    "GET /desk/absences": _plain(),
    "POST /desk/absences": lambda company: (None, {}, _fresh()),
    "DELETE /desk/absences/{absence_id}": _with_absence,
    "GET /desk/requests/{request_id}": _on(factories.submit),
    "GET /desk/requests/{request_id}/attachments/{attachment_id}": _with_file,
    "POST /desk/requests/{request_id}/claim": _on(factories.submit),
    "POST /desk/requests/{request_id}/release": _on(factories.claimed),
    "POST /desk/requests/{request_id}/assign": lambda company: (
        company.request(factories.submit),
        {},
        {"agent": str(company.people["agent"].pk)},
    ),
    "POST /desk/requests/{request_id}/transfer": lambda company: (
        company.request(factories.claimed),
        {},
        {"team": company.other_team.slug, "note": "Dit is mobiel."},
    ),
    "POST /desk/requests/{request_id}/priority": _on(factories.submit, {"priority": "urgent"}),
    "POST /desk/requests/{request_id}/steps": lambda company: (
        company.request(factories.claimed),
        {},
        _fresh(title="Lijn doormeten"),
    ),
    "PATCH /desk/requests/{request_id}/steps/{step_id}": _with_step,
    "POST /desk/requests/{request_id}/updates": lambda company: (
        company.request(factories.claimed),
        {},
        _fresh(audience=["customer"], text="We zijn bezig."),
    ),
    "POST /desk/requests/{request_id}/notes": lambda company: (
        company.request(factories.submit),
        {},
        _fresh(text="Belt vaker."),
    ),
    "POST /desk/requests/{request_id}/wait": _on(
        factories.claimed, {"on": "customer", "text": "Welk lampje brandt er?"}
    ),
    "POST /desk/requests/{request_id}/resume": _on(factories.waiting),
    "POST /desk/requests/{request_id}/solve": _on(factories.claimed, {"text": "Hersteld."}),
    "POST /desk/requests/{request_id}/merge": _to_merge,
    "POST /desk/requests/{request_id}/unmerge": _merged,
    "POST /desk/requests/{request_id}/split": lambda company: (
        company.request(factories.claimed),
        {},
        _fresh(topic=company.topic, question="En de factuur klopt niet."),
    ),
    "POST /desk/requests/{request_id}/links": _to_link,
    "DELETE /desk/requests/{request_id}/links/{other_id}": _linked,
    "PUT /desk/requests/{request_id}/customer": _on(factories.submit, ADDRESS),
    "GET /desk/requests/{request_id}/drafts/{kind}": _draft(),
    "PUT /desk/requests/{request_id}/drafts/{kind}": _draft({"version": 0, "text": "We zoeken"}),
    "DELETE /desk/requests/{request_id}/drafts/{kind}": _draft(),
    "POST /desk/requests/{request_id}/preview": _on(
        factories.claimed, {"solve": {"text": "Hersteld."}}
    ),
    "GET /desk/texts": _plain(),
    "PUT /desk/texts/{text_id}": _with_text({"team": "internet", "name": "Groet", "note_nl": "x"}),
    "DELETE /desk/texts/{text_id}": _with_text(),
    "GET /desk/macros": _plain(),
    "PUT /desk/macros/{macro_id}": _with_macro(
        {"team": "internet", "name": "Meten", "step_title_nl": "Meten"}
    ),
    "DELETE /desk/macros/{macro_id}": _with_macro(),
    "POST /desk/requests/{request_id}/macros/{macro_id}": _with_macro({}, factories.claimed),
    "POST /desk/bulk": lambda company: _bulk(company, asked=False),
    "GET /desk/bulk/{bulk_id}": lambda company: _bulk(company),
    "POST /desk/bulk/{bulk_id}/undo": lambda company: _bulk(company),
    "GET /desk/problems": _plain(),
    "POST /desk/problems": lambda company: (
        None,
        {},
        _fresh(title="Storing", words="Kabel.", team=company.team.slug),
    ),
    "GET /desk/problems/{problem_id}": _on_problem(),
    "PUT /desk/problems/{problem_id}": _on_problem({"title": "Storing", "words": "Kabel."}),
    "GET /desk/problems/{problem_id}/requests": _on_problem(),
    "POST /desk/problems/{problem_id}/requests": _on_problem({"requests": ["DHG-7K3M-9Q2P"]}),
    "GET /desk/problems/{problem_id}/look-alikes": _on_problem(),
    "POST /desk/problems/{problem_id}/announcements": _on_problem(
        {"solves": False, "customer_nl": "We weten het."}
    ),
    "GET /desk/problems/{problem_id}/announcements/{announcement_id}": _announced,
    "POST /desk/problems/{problem_id}/announcements/{announcement_id}/try-again": _announced,
    "POST /desk/problems/{problem_id}/undo-solved": _announced,
    "POST /desk/requests/{request_id}/problem": _to_put_under,
    "DELETE /desk/requests/{request_id}/problem": _under,
    "GET /policy": _with_policy,
    "POST /policy/{version}/acceptance": _with_policy,
    "GET /policy/acceptances": _with_policy,
    "GET /policy/{version}/proof": _with_policy,
    "GET /ambassadors/me": _plain(),
    "PUT /ambassadors/me": _plain({"on_board": False}),
    "DELETE /ambassadors/me": _plain(),
    "GET /ambassadors/counts": _plain(),
    "GET /ambassadors/board": _plain(),
    "GET /example-posts": _plain(),
    "GET /example-posts/topics": _plain(),
    "GET /example-posts/suggestions": _plain(),
    "POST /example-posts/suggestions": lambda company: (
        None,
        {},
        _fresh(network="linkedin", text="Vandaag mocht ik mee met een monteur."),
    ),
    "GET /example-posts/{post_id}": _with_post,
    "GET /example-posts/{post_id}/images/{image_id}": _with_post,
    "POST /example-posts/{post_id}/check": _on_post({"network": "linkedin", "text": "Kom!"}),
    "POST /example-posts/{post_id}/shares": _on_post({"id": "", "network": "linkedin"}),
    "GET /example-posts/results": _plain(),
    "GET /shares": _plain(),
    "PATCH /shares/{share_id}": _with_share,
    "GET /approved-answers": _plain(),
    "GET /approved-answers/topics": _plain(),
    "GET /approved-answers/{answer_id}": _on_answer(),
    "POST /approved-answers/{answer_id}/check": _on_answer({"network": "x", "text": "Kabel."}),
    "POST /approved-answers/{answer_id}/uses": _on_answer({"id": "", "network": "x"}),
    "GET /answer-uses": _plain(),
    "PATCH /answer-uses/{use_id}": _with_use,
    "GET /own-posts": _plain(),
    "POST /own-posts": lambda company: (None, {}, _fresh(network="linkedin")),
    "GET /phrases": _plain(),
    "PUT /phrases/{phrase_id}": lambda company: (None, {"phrase_id": uuid.uuid4()}, _phrase()),
    "DELETE /phrases/{phrase_id}": _with_phrase,
    "GET /track/{token}": _on(factories.submit),
    "GET /track/{token}/attachments/{attachment_id}": _with_file,
    "POST /track/{token}/messages": lambda company: (
        company.request(factories.waiting),
        {},
        _fresh(text="Het groene."),
    ),
    "POST /track/{token}/confirm": _on(factories.solved),
    "POST /track/{token}/reopen": _on(factories.solved, REASON),
    "POST /track/{token}/withdraw": _on(factories.submit, REASON),
    "POST /track/{token}/rating": _on(factories.solved, {"score": 5}),
}


def _status(operation: str, column: str, company: Company, call: Call) -> int:
    """What this caller gets from this operation."""
    method, path = operation.split()
    request, parts, body = call
    caller = Api(company.people.get(column))
    token = factories.link_of(request) if request and column == "customer" else ""
    if column == "customer":
        # A link is no session.
        caller.headers["X-Session-Token"] = token or "no-session"
    known = {"request_id": request and request.pk, "token": token or "A" * 43}
    filled = path.format(**parts, **known)
    if path.endswith("/attachments"):
        return int(caller.upload(filled, photo()).status_code)
    send: dict[str, Callable[[], Any]] = {
        "GET": lambda: caller.get(filled),
        "POST": lambda: caller.post(filled, body),
        "PATCH": lambda: caller.patch(filled, body),
        "PUT": lambda: caller.put(filled, body),
        "DELETE": lambda: caller.delete(filled),
    }
    response = send[method]()
    content_of(response)
    return int(response.status_code)


@pytest.mark.thorough
@pytest.mark.table
@pytest.mark.parametrize("operation", ROWS)
def test_each_caller_gets_what_the_table_says(operation: str, company: Company) -> None:
    call = CALLS[operation](company)
    got = {}
    for column in COLUMNS:
        with taken_back():
            got[column] = _status(operation, column, company, call)
    assert got == dict(zip(COLUMNS, ROWS[operation], strict=True))


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    documented = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, operations in api.get_openapi_schema()["paths"].items()
        for method in operations
    }
    assert set(ROWS) == documented
    assert set(CALLS) == documented
