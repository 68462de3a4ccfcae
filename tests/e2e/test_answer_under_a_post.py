"""A question under a post in browsers: answered at the desk, proposed, approved and used."""

import uuid

from playwright.sync_api import expect

from tests.e2e.conftest import SignIn, Site
from tests.e2e.looking import faults

HOME = "/champions/answers"
POST = "https://www.linkedin.com/feed/update/urn:li:activity:7264000000000000777"
ANSWER = "Een versterker helpt als hij halverwege staat, en niet op zolder zelf."
QUESTION = "Helpt een wifi-versterker echt?"


def test_from_the_desk_to_every_ambassador(site: Site, sign_in: SignIn) -> None:
    request = site.call(
        "sanne",
        "POST",
        "/requests",
        json={
            "id": str(uuid.uuid4()),
            "topic": "wifi",
            "question": QUESTION,
            "customer": {"name": "Marloes Timmer", "channel": "social"},
            "post": {"url": f"{POST}/?utm_source=share", "network": "linkedin"},
        },
    )
    daan, noor, found = sign_in("daan"), sign_in("noor"), []
    daan.goto(f"{site.base}/desk/{request['reference']}?view=all&channel=social")
    expect(daan.locator("#rows .row").first).to_contain_text("LinkedIn")
    link = daan.get_by_role("link", name="open de post")
    assert link.get_attribute("href") == POST
    assert link.get_attribute("rel") == "noopener noreferrer"
    site.desk(request, "claim")
    daan.reload()
    daan.check("#write-solve")
    daan.fill("#reply-text", ANSWER)
    expect(daan.locator(".reading-customer")).to_contain_text("Sanne plaatst dit onder de post")
    expect(daan.locator(".reading-customer .way-text")).to_contain_text("Ik werk bij")
    found += faults(daan, "social-composer", by_key=False)
    daan.get_by_role("button", name="Versturen en oplossen").click()
    propose = daan.get_by_role("link", name="Voorstellen als goedgekeurd antwoord")
    expect(propose).to_be_visible()
    found += faults(daan, "social-solved")
    site.call("sanne", "POST", f"/requests/{request['id']}/placed", json={})
    # The answer, for everybody who is asked this.
    propose.click()
    expect(daan.get_by_label("Het antwoord, in het Nederlands")).to_have_value(ANSWER)
    found += faults(daan, "answers-write")
    daan.get_by_label("Onderwerp of campagne").select_option("winkels")
    daan.get_by_label("Het antwoord, in het Nederlands").fill(f"Dag @marloes! {ANSWER}")
    daan.get_by_role("button", name="Opslaan").click()
    expect(daan.locator(".errors")).to_contain_text("@marloes")
    found += faults(daan, "answers-write-refused")
    daan.get_by_label("Het antwoord, in het Nederlands").fill(ANSWER)
    daan.get_by_role("button", name="Opslaan").click()
    daan.get_by_role("button", name="Vraag om een blik").click()
    found += faults(daan, "answers-page-agent")
    noor.goto(f"{site.base}{HOME}?state=review")
    found += faults(noor, "answers-list")
    noor.get_by_role("link", name=QUESTION).click()
    found += faults(noor, "answers-page-review")
    noor.get_by_role("button", name="Goedkeuren", exact=True).click()
    expect(noor.locator(".said")).to_contain_text("Goedgekeurd")
    found += faults(noor, "answers-page-approved")
    (shown,) = site.call("fatima", "GET", "/approved-answers?q=halverwege")["items"]
    body = {"id": str(uuid.uuid4()), "network": "linkedin"}
    used = site.call("fatima", "POST", f"/approved-answers/{shown['id']}/uses", json=body)
    assert used["text"].endswith(ANSWER)
    said = {"state": "confirmed"}
    site.call("fatima", "PATCH", f"/answer-uses/{used['id']}", json=said)
    assert body["id"] in [row["id"] for row in site.call("fatima", "GET", "/own-posts")["items"]]
    assert found == []
