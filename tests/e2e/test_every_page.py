"""Every page that people see: read and worked by everyone, at both sizes and in both colours.

axe-core finds nothing, nothing sticks out at 360 px, each page has a title, and by keyboard one
always sees where one is. The pictures are for people to look at.
"""

import re
import uuid
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.e2e.conftest import PHONE, SignIn, Site
from tests.e2e.looking import faults
from tests.hostile_files import drawn, saved

# Of the back office, in Unfold's own templates; none of them keeps anybody from reading or doing.
UNFOLDS = {
    "region": "headings and bars stand outside of landmarks",
    "landmark-unique": "two navigations have no name",
}
# Where who edits comes by links alone, once there is a draft of a course.
CHAMPIONS = {
    "champions",
    "champions-calendar",
    "champions-certificates",
    "champions-course",
    "champions-course-lesson",
    "champions-course-new",
    "champions-course-preview",
    "champions-course-publish",
    "champions-course-retire",
    "champions-course-question",
    "champions-course-question-new",
    "champions-course-settings",
    "champions-course-throw-away",
    "champions-course-withdraw",
    "champions-courses",
    "champions-phrase",
    "champions-phrase-new",
    "champions-phrases",
    "champions-policy",
    "champions-policy-draft",
    "champions-policy-version",
    "champions-post",
    "champions-post-new",
    "champions-post-version",
    "champions-post-write",
    "champions-posts",
    "champions-results",
    "champions-suggestions",
    "champions-topic",
    "champions-topics",
}
# One that holds, one that ran out, and one that was taken back.
CERTIFICATES = """
from django.utils import timezone
from ambassadors.models import Certificate
now = timezone.now()
held = Certificate.objects.valid_at(now).order_by("issued_at")
gone = Certificate.objects.filter(expires_at__lt=now, revoked_at=None)
taken = held.last()
taken.revoke(by=None, because="Bij vergissing gegeven.")
print(held.first().pk, gone.first().pk, taken.pk)
"""
LONG_WORD = "Arbeidsongeschiktheidsverzekeringsmaatschappij" * 2

Do = Callable[[Page], object]


class Looker:
    """Opens pages one after another and remembers what is wrong with any of them."""

    def __init__(self, page: Page, site: Site, **how: Any) -> None:
        self.page, self.site, self.how = page, site, how
        self.found: list[str] = []

    def look(self, name: str, path: str = "", do: Do | None = None, **how: Any) -> None:
        if path:
            self.page.goto(self.site.base + path)
        if do:
            do(self.page)
        self.found += faults(self.page, name, **{**self.how, **how})

    def walk(self, begin: str, *, name: str = "", besides: Collection[str] = ()) -> set[str]:
        """Look at one page of each kind that links lead to from here; returns what they are called.

        What is no page (a file, a picture) is passed by.
        """
        seen, known, ahead = set(), set(besides), [begin]
        prefix = begin.split("/")[1]
        while ahead:
            path = ahead.pop(0)
            called = _called(path)
            if not called or called in known:
                continue
            known.add(called)
            answer = self.page.request.get(self.site.base + path)
            if not answer.ok or "text/html" not in answer.headers["content-type"]:
                continue
            seen.add(called)
            self.look(f"{name}{called}", path)
            links = self.page.locator(f"a[href^='/{prefix}']").evaluate_all(
                "links => links.map((link) => link.href)"
            )
            ahead += [urlsplit(link).path for link in links]
        return seen


def _called(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""


def rows(site: Site, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.call("daan", "GET", "/desk/requests", params=asked)["items"]
    return found


def test_the_queue(site: Site, sign_in: SignIn) -> None:
    it = Looker(sign_in("daan"), site)
    for view in ("mine", "team", "unassigned", "soon", "waiting", "solved", "all"):
        it.look(f"queue-{view}", f"/desk/?view={view}&topic=storing")
    it.look("queue-whole", "/desk/")
    it.look("queue-found", "/desk/?q=Haarlem")
    it.look("queue-nothing-found", "/desk/?q=nergens+te+vinden")
    it.look("queue-filtered", "/desk/?view=all&priority=urgent")
    menu = "details.menu > summary"
    it.look(
        "queue-menu", "/desk/?view=solved", lambda page: page.locator(menu).click(), by_key=False
    )

    def tick(page: Page) -> None:
        page.locator(".row-pick input").first.check()

    it.look("queue-ticked", "/desk/?view=waiting", tick)
    assert it.found == []


def test_a_request_in_every_status(site: Site, sign_in: SignIn) -> None:
    it = Looker(sign_in("daan"), site)
    for status in ("received", "in_progress", "waiting", "solved", "closed", "withdrawn"):
        reference = rows(site, view="all", status=status, limit=1)[0]["reference"]
        it.look(f"request-{status}", f"/desk/{reference}?q={reference}")
    long = site.submit(
        question=f"{LONG_WORD}\n\n<b onclick=alert(1)>{LONG_WORD}</b>",
        customer={
            "name": LONG_WORD,
            "email": f"{'lang' * 10}-{uuid.uuid4().hex}@{'voorbeeld' * 6}.example.org",
            "channel": "email",
        },
    )
    site.desk(long, "claim")
    site.desk(long, "notes", id=str(uuid.uuid4()), text=LONG_WORD)
    address = f"/desk/{long['reference']}?q={long['reference']}"
    it.look("request-long-words", address)

    def write(page: Page) -> None:
        page.fill("#reply-text", f"De lijn is gemeten. {LONG_WORD}")
        expect(page.locator(".reading-customer")).to_be_visible()

    it.look("request-preview", address, write)
    it.look("request-note", address, lambda page: page.check("#write-note"))
    it.look("request-gone", "/desk/DHG-0000-0000")
    assert it.found == []


def test_what_opens_over_a_request(site: Site, sign_in: SignIn) -> None:
    request = site.submit()
    it = Looker(sign_in("daan"), site)
    address = f"/desk/{request['reference']}?q={request['reference']}"

    def press(keys: str, awaited: str) -> Do:
        def pressed(page: Page) -> None:
            page.keyboard.press(keys)
            expect(page.locator(awaited)).to_be_visible()

        return pressed

    it.look("dialog-assign", address, press("a", "#act-dialog [name=agent]"), by_key=False)
    it.look("dialog-texts", address, press("t", "#act-dialog #texts-find"), by_key=False)

    def give(page: Page) -> None:
        page.keyboard.press("a")
        page.locator("#act-dialog [name=agent]").select_option(index=1)
        expect(page.locator("#act-dialog .reading-customer")).to_be_visible()

    it.look("dialog-assign-shown", address, give, by_key=False)
    it.look("palette", address, press("Control+k", "#palette li:first-child"), by_key=False)
    it.look("keys", address, press("?", "#help"), by_key=False)

    # Else the button is taken away, by an ask that is under way as well.
    it.page.route("**/desk/live", lambda route: route.fulfill(status=204))

    def lose(page: Page) -> None:
        site.call("fatima", "POST", f"/desk/requests/{request['id']}/claim", json={})
        page.locator("[data-verb=claim]").click()
        expect(page.locator("#act-dialog .errors")).to_be_visible()

    it.look("dialog-lost", address, lose, by_key=False)
    assert it.found == []


def test_what_a_console_shows_of_others_and_of_itself(site: Site, sign_in: SignIn) -> None:
    request = site.submit()
    site.desk(request, "claim")
    body = {"version": 0, "text": f"{LONG_WORD} is gemeten. " * 8, "text_employee": "Bel haar."}
    site.call("daan", "PUT", f"/desk/requests/{request['id']}/drafts/reply", json=body)
    it = Looker(sign_in("fatima"), site)
    address = f"/desk/{request['reference']}"
    it.look("request-of-a-colleague", address)

    def fail(page: Page) -> None:
        page.route("**/desk/live*", lambda route: route.fulfill(status=429))
        expect(page.locator("#not-live")).not_to_be_empty()

    it.look("queue-not-live", "/desk/", fail)
    it.page.context.clear_cookies(name="sessionid")
    it.page.unroute_all()
    expect(it.page.locator("#not-live")).to_contain_text("uitgelogd")
    it.look("queue-signed-out")
    assert it.found == []


def test_each_verb_as_a_page_of_its_own(site: Site, sign_in: SignIn) -> None:
    customer = {"name": "Oma Toos", "email": "oma.toos@example.org", "channel": "email"}
    request, _other = (site.submit(customer=customer) for _each in range(2))
    site.desk(request, "claim")
    it = Looker(sign_in("daan"), site)
    home = f"/desk/{request['reference']}"
    for verb in ("assign", "transfer", "priority", "step", "contact", "merge", "split", "link"):
        it.look(f"verb-{verb}", f"{home}/{verb}")

    def choose(page: Page) -> None:
        page.locator(".once-hits button").first.click()
        expect(page.locator(".reading-customer")).to_be_visible()

    it.look("verb-merge-shown", f"{home}/merge", choose)
    it.look("verb-texts", f"{home}/texts")

    def send(page: Page) -> None:
        page.locator(".act-page .act-first").last.click()
        expect(page.locator(".errors")).to_be_visible()

    it.look("verb-refused", f"{home}/transfer", send)
    assert it.found == []


def test_what_is_done_once_for_many(site: Site, sign_in: SignIn) -> None:
    it = Looker(sign_in("els"), site)
    it.look("texts", "/desk/texts")
    listed = it.page.content()
    for kind in ("texts", "macros"):
        first = re.search(rf'href="(/desk/{kind}/[0-9a-f-]{{36}})', listed)
        assert first is not None
        it.look(f"{kind}-one", first[1])
        it.look(f"{kind}-new", f"/desk/{kind}/new")

    def send(page: Page) -> None:
        page.locator("main form [type=submit]").last.click()
        expect(page.locator("[aria-invalid=true]").first).to_be_visible()

    it.look("texts-refused", "/desk/texts/new", send)
    it.look("texts-none", "/desk/texts?q=nergens")
    it.look("availability", "/desk/availability")
    it.look("lead", "/desk/lead")
    it.look("problems", "/desk/problems/")
    it.look("problems-solved", "/desk/problems/?state=solved")
    problem = site.call("els", "GET", "/desk/problems")["items"][-1]["id"]
    it.look("problem", f"/desk/problems/{problem}?find=internet")

    def announce(page: Page) -> None:
        for reader in ("customer", "employee"):
            page.locator(f"[name={reader}_nl]").fill("De kabel is hersteld.")
            page.locator(f"[name={reader}_en]").fill("The cable has been mended.")
        page.locator("[name=solves]").click()
        expect(page.locator("[name=confirmed]")).to_be_visible()

    it.look("problem-sure", f"/desk/problems/{problem}", announce)
    it.look("problem-describe", f"/desk/problems/{problem}/describe")
    assert it.found == []


def test_many_at_one_go_and_what_became_of_each(site: Site, sign_in: SignIn) -> None:
    made = [site.submit(question="Bulkvraag over de factuur") for _each in range(3)]
    site.desk(made[0], "claim")
    it = Looker(sign_in("daan"), site)

    def choose(page: Page) -> None:
        for each in made:
            page.locator(f".row-pick input[value^='{each['id']}']").check()
        page.locator("#bulk-verb").select_option("prioritise")
        page.locator("#bulk-bar [type=submit]").click()
        expect(page.locator(".act-page h1")).to_be_visible()

    it.look("bulk-sure", "/desk/?view=team&order=newest", choose)
    it.page.locator("[name=priority]").select_option("high")
    it.page.locator(".act-page [type=submit]").click()
    toast = it.page.locator("[data-bulk]")
    expect(toast).to_be_visible()
    results = toast.get_attribute("data-bulk") or ""
    it.look("bulk-toast", by_key=False)

    def over(page: Page) -> None:
        expect(page.locator(".bulk-state[data-over]")).to_be_visible()

    it.look("bulk-results", results, over)

    def give(page: Page) -> None:
        for each in made[1:]:
            page.locator(f".row-pick input[value^='{each['id']}']").check()
        page.locator("#bulk-verb").select_option("assign")
        page.locator("#bulk-bar [type=submit]").click()
        page.locator("[name=agent]").select_option(index=1)
        page.locator(".act-page form [type=submit]").click()
        expect(page.locator("[name=confirmed]")).to_be_visible()

    it.look("bulk-foreseen", "/desk/?view=team&order=newest", give)

    def solve(page: Page) -> None:
        page.locator(f".row-pick input[value^='{made[0]['id']}']").check()
        page.locator("#bulk-verb").select_option("solve")
        page.locator(".bulk-whole input").check()
        page.locator("#bulk-bar [type=submit]").click()
        expect(page.locator("[name=customer_nl]")).to_be_visible()

    def fill(page: Page) -> None:
        for reader in ("customer", "employee"):
            page.locator(f"[name={reader}_nl]").fill("De factuur is verbeterd.")
            page.locator(f"[name={reader}_en]").fill("The bill has been put right.")
        page.locator(".act-page form [type=submit]").click()
        expect(page.locator("[name=confirmed]")).to_be_visible()

    it.look("bulk-solve", "/desk/?view=mine&order=newest", solve)
    it.look("bulk-solve-sure", do=fill)
    it.look("queue-of-a-colleague", "/desk/?view=team&assignee=none&since=2026-01-01")
    assert it.found == []


def test_the_page_of_a_question_that_two_employees_passed_on(
    site: Site, sign_in: SignIn, browser: Browser
) -> None:
    one = site.submit(question="Is er een storing in onze straat?")
    customer = {"name": "Mevrouw Jansen", "email": one["email"], "channel": "email"}
    body = {
        "id": str(uuid.uuid4()),
        "topic": one["topic"],
        "question": "Mijn zus heeft geen internet.",
        "customer": customer,
        "customer_agrees": True,
    }
    other = {**site.call("mark", "POST", "/requests", json=body), "email": one["email"]}
    for request in (one, other):
        site.desk(request, "claim")
    site.desk(other, "merge", into=one["reference"])
    page = Looker(browser.new_page(locale="nl-NL"), site)
    link = site.link(one).removeprefix(site.base)
    page.look("track-read-along", link)
    expect(page.page.get_by_role("heading", name="leest ook mee")).to_be_visible()
    page.look("track-details-read-along", f"{link}/details")
    page.look("track-merged", site.link(other).removeprefix(site.base))
    it = Looker(sign_in("daan"), site)
    other_one = {"request": site.submit()["reference"]}
    site.call("daan", "POST", f"/desk/requests/{one['id']}/links", json=other_one)
    it.look("request-merged-and-linked", f"/desk/{one['reference']}")
    assert page.found + it.found == []


def test_signing_in_and_one_s_own_account(site: Site, sign_in: SignIn, browser: Browser) -> None:
    nobody = Looker(browser.new_page(locale="nl-NL"), site)
    nobody.look("front", "/")
    nobody.look("sign-in", "/accounts/login/")

    def mistake(page: Page) -> None:
        page.locator("main form [type=submit]").click()
        expect(page.locator("[role=alert]").first).to_be_visible()

    nobody.look("sign-in-refused", do=mistake)
    nobody.look("password-forgotten", "/accounts/password/reset/")
    nobody.look("api-problems", "/problems")
    nobody.look("api-problem", "/problems/already-claimed")
    nobody.look("not-found", "/nergens")
    nobody.look("track-unknown", "/t/nergens")
    nobody.look("mailbox", "/dev/mailbox?person=wilma.kuiper%40example.org")
    nobody.page.close()
    sanne = Looker(sign_in("sanne"), site)
    sanne.look("front-signed-in", "/")
    sanne.look("no-desk", "/desk/")
    sanne.look("safely", "/accounts/2fa/")
    sanne.look("safely-set-up", "/accounts/2fa/totp/activate/")
    sanne.look("sessions", "/accounts/sessions/")
    sanne.look("password", "/accounts/password/change/")
    sanne.look("sign-out", "/accounts/logout/")
    assert nobody.found + sanne.found == []


def test_the_back_office(site: Site, sign_in: SignIn) -> None:
    it = Looker(sign_in("admin"), site, known=UNFOLDS, again=True)
    it.look("office", "/office/")
    for kind, words in (
        ("accounts/team", "Mobiel"),
        ("customer_requests/topic", "Storing"),
        ("customer_requests/cannedtext", ""),
        ("customer_requests/macro", ""),
        ("accounts/skill", ""),
        ("accounts/closingday", ""),
        ("accounts/user", "Sanne"),
        ("accounts/department", "Utrecht"),
        ("accounts/companylook", ""),
    ):
        name = f"office-{kind.partition('/')[2]}"
        it.look(name, f"/office/{kind}/?q={words}" if words else f"/office/{kind}/")
        first = re.search(rf'href="(/office/{kind}/[^"]+/change/[^"]*)"', it.page.content())
        if first:
            it.look(f"{name}-form", first[1])
    it.look("office-skill-new", "/office/accounts/skill/add/")
    audit = Looker(it.page, site)
    audit.look("audit", "/audit?subject=nergens")
    audit.look("audit-found", "/audit?person=noor%40demo.example")
    assert it.found + audit.found == []


def test_the_champions_console(site: Site, sign_in: SignIn) -> None:
    it = Looker(sign_in("noor"), site)
    it.page.goto(f"{site.base}/champions/courses/mag-ik-dit-posten/")
    it.look("champions-course-published")
    it.page.get_by_role("button", name="Een nieuwe versie schrijven").click()
    assert it.walk("/champions/") >= CHAMPIONS
    it.look("champions-gone", f"/champions/posts/{uuid.uuid4()}")
    manager = Looker(sign_in("mark"), site)
    manager.look("champions-manager", "/champions/")
    sanne = Looker(sign_in("sanne"), site)
    sanne.look("champions-no-role", "/champions/")
    assert it.found + manager.found + sanne.found == []


def test_the_champions_console_in_english(site: Site, sign_in: SignIn) -> None:
    site.call("admin", "PATCH", "/me", json={"language": "en"})
    it = Looker(sign_in("admin"), site)
    # The forms are in Dutch above; they are no other pages in English.
    forms = {name for name in CHAMPIONS if "-course-" in name or name.endswith(("-new", "-write"))}
    it.walk("/champions/", name="english-", besides=forms)
    expect(it.page.locator("html")).to_have_attribute("lang", "en")
    site.call("admin", "PATCH", "/me", json={"language": "nl"})
    assert it.found == []


def test_the_page_of_a_certificate(site: Site, browser: Browser) -> None:
    numbers = site.run(CERTIFICATES).split()
    found = []
    for language in ("nl", "en"):
        anybody = Looker(browser.new_page(locale=language), site)
        for state, number in zip(("valid", "expired", "revoked"), numbers, strict=True):
            anybody.look(f"certificate-{state}-{language}", f"/champions/certificates/{number}")
            expect(anybody.page.locator("html")).to_have_attribute("lang", language)
        anybody.look(f"certificate-none-{language}", f"/champions/certificates/{uuid.uuid4()}")
        anybody.page.close()
        found += anybody.found
    assert found == []


def begin_draft(page: Page, address: str) -> None:
    """The next version of a course; another test may have begun it."""
    page.goto(address)
    begin = page.get_by_role("button", name="Een nieuwe versie schrijven")
    if begin.count():
        begin.click()


def throw_away(page: Page) -> None:
    """The draft whose course is open, after reading what that does."""
    page.get_by_role("link", name="Concept weggooien").click()
    page.get_by_role("button", name="Ja, gooi het weg").click()


def test_what_works_words_to_leave_out_and_campaigns(site: Site, sign_in: SignIn) -> None:
    it = Looker(sign_in("noor"), site)
    results, phrases = "/champions/posts/results", "/champions/posts/phrases"
    it.page.goto(site.base + results)
    expect(it.page.locator("[aria-sort=descending]")).to_have_text("Geopend")
    it.page.get_by_role("link", name="Bevestigd").click()
    expect(it.page).to_have_url(re.compile("order=confirmed"))
    it.look("results-sorted")
    it.look("results-none", f"{results}?network=mastodon")
    it.look("phrases-found", f"{phrases}?q=beste&risk=careful")
    it.look("phrases-none", f"{phrases}?q=nergens")

    def send(page: Page) -> None:
        page.locator("main form.box [type=submit]").first.click()
        expect(page.locator(".errors")).to_be_visible()

    def empty(page: Page) -> None:
        page.locator("[name=name_nl]").fill("")
        send(page)

    it.look("phrase-refused", f"{phrases}/new", send)
    it.look("champions-topic-refused", "/champions/posts/topics/open-dag", empty)
    assert it.found == []


def test_parts_of_a_course_and_taking_a_certificate_back(site: Site, sign_in: SignIn) -> None:
    it = Looker(sign_in("noor"), site)
    course = "/champions/courses/mag-ik-dit-posten"
    begin_draft(it.page, f"{site.base}{course}/")
    remove = it.page.locator(".arrange summary").first
    it.look("course-draft-remove", do=lambda _page: remove.click(), by_key=False)

    def put_up(page: Page) -> None:
        content = saved(drawn(640, 360), "PNG")
        picture = FilePayload(name="bus.png", mimeType="image/png", buffer=content)
        page.locator("summary", has_text="Hieronder een afbeelding").click()
        page.locator("[name=picture]").set_input_files(picture)
        page.get_by_label("Wat er te zien is, Nederlands").last.fill("Een bus van ons")
        page.get_by_role("button", name="Opslaan in het concept").click()
        page.locator(".lesson-image").scroll_into_view_if_needed()
        expect(page.locator(".lesson-image")).to_be_visible()

    it.look("course-lesson-picture", f"{course}/lessons/waarom-jij", put_up)
    it.look("course-preview-picture", f"{course}/preview")
    it.page.goto(f"{site.base}{course}/")
    throw_away(it.page)
    oldest = site.call("noor", "GET", "/courses/mag-ik-dit-posten")["certificates"][-1]
    found = "/champions/courses/certificates"
    it.look("certificates-none", f"{found}?q=nergens")

    def revoke(page: Page) -> None:
        page.get_by_role("button", name="Certificaat intrekken").click()
        expect(page.locator(".errors")).to_be_visible()
        page.get_by_label("Reden").fill("Het staat op een oude naam.")
        page.get_by_role("button", name="Certificaat intrekken").click()
        expect(page.locator(".said")).to_contain_text("Ingetrokken")

    it.look("certificate-to-revoke", f"{found}?q={oldest['url']}")
    it.look("certificate-revoked", do=revoke)
    assert it.found == []


def test_the_editors_pages_work_without_a_script(site: Site, sign_in: SignIn) -> None:
    page = sign_in("noor", java_script_enabled=False, viewport=PHONE)
    phrases = f"{site.base}/champions/posts/phrases"
    page.goto(f"{phrases}/new")
    page.get_by_label("Woord of woorden").fill("zonder script")
    page.get_by_label("Waarom, in het Nederlands").fill("Omdat het ook zo kan.")
    page.get_by_label("Waarom, in het Engels").fill("Because it can be done.")
    page.get_by_role("button", name="Opslaan").last.click()
    page.goto(f"{phrases}?q=zonder")
    page.get_by_role("link", name="zonder script").click()
    page.get_by_role("button", name="Haal eraf").click()
    begin_draft(page, f"{site.base}/champions/courses/mag-ik-dit-posten/")
    lessons = page.locator("#lessons-title ~ div tbody tr th")
    first = lessons.first.inner_text()
    page.get_by_role("button", name="Omlaag").first.click()
    assert lessons.nth(1).inner_text() == first
    expect(lessons.nth(1).get_by_role("link")).to_be_focused()
    throw_away(page)
    page.goto(f"{site.base}/champions/posts/results")
    page.get_by_label("Op volgorde van").select_option("title")
    page.get_by_role("button", name="Laat zien").first.click()
    assert "order=title" in page.url


def test_in_english(site: Site, sign_in: SignIn, browser: Browser) -> None:
    nobody = Looker(browser.new_page(locale="en-GB"), site)
    nobody.look("english-front", "/")
    expect(nobody.page.locator("html")).to_have_attribute("lang", "en")
    nobody.page.close()
    it = Looker(sign_in("joris", locale="en-GB"), site)
    it.look("english-queue", "/desk/?view=waiting")
    expect(it.page.locator("html")).to_have_attribute("lang", "en")
    mine = site.call("joris", "GET", "/desk/requests", params={"view": "all"})["items"][0]
    it.look("english-request", f"/desk/{mine['reference']}?q={mine['reference']}")
    for name in ("texts", "availability", "lead", "problems/"):
        it.look(f"english-{name.strip('/')}", f"/desk/{name}")
    assert nobody.found + it.found == []
