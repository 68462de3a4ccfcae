// A console that lies open: asks what changed, and shows it without moving what one is at.
// About every 4 s while somebody works, 15 s while they only look, a minute while it is hidden.

const WORKING = 4000;
const IDLE = 15000;
const HIDDEN = 60000;
const LONGEST = 120000;
const WORKED_RECENTLY = 30000;
const LOOKED_RECENTLY = 120000;
const EVERY_ROW = 300000; // times go by in the rows; this often all are drawn anew
const COUNTS = 60000; // where something changed the views are counted, at most this often

const body = () => document.querySelector("[data-live]");
const composer = () => document.getElementById("composer");

const known = { news: "", here: "", since: body()?.dataset.rendered ?? "" };
const fresh = new Set();
let seen = null; // what was told of the open request since its page was made
let beside = composer();
let active = Date.now();
let failures = 0;
let timer = 0;
let asking = false;
let present = {};
let drawn = Date.now(); // when all rows were last drawn
let counted = Date.now(); // when the views were last counted
let moved = false; // something changed since
let why = ""; // this page is not live, or empty
let renewing = false; // the last ask was refused, and the next has new tokens
let left = null; // the open request that is with no team of mine any more
const looks = new WeakMap(); // of a row, as it was drawn last
let drafts = { box: null, versions: {}, newer: {} }; // of the open request, as they were told

function wait() {
  const base = document.visibilityState === "hidden"
    ? HIDDEN
    : Date.now() - active < WORKED_RECENTLY ? WORKING : IDLE;
  const backed = Math.min(base * 2 ** failures, Math.max(LONGEST, base));
  return backed * (0.85 + 0.3 * Math.random());
}

function plan(after = wait()) {
  clearTimeout(timer);
  timer = setTimeout(ask, after);
}

function rows() {
  return [...document.querySelectorAll("#queue [data-reference]")];
}

function typing() {
  const form = [...(composer()?.querySelectorAll("form[data-draft]") ?? [])].find(
    (each) => Date.now() - Number(each.dataset.typed ?? 0) < 15000,
  );
  return form?.dataset.kind ?? "";
}

function question() {
  const said = new URLSearchParams();
  const box = composer();
  for (const name of ["news", "here", "since"]) said.set(name, known[name]);
  said.set("shown", rows().map((row) => row.dataset.reference).join(","));
  if (document.visibilityState === "visible") {
    if (Date.now() - drawn > EVERY_ROW) said.set("every", "1");
    if (moved && Date.now() - counted > COUNTS) said.set("counts", "1");
  }
  if (box && box !== left) {
    said.set("open", box.dataset.reference);
    for (const name of ["version", "seen"]) said.set(name, seen?.box === box ? seen[name] : box.dataset[name]);
    said.set("looking", document.visibilityState === "visible"
      && Date.now() - active < LOOKED_RECENTLY ? "1" : "0");
    said.set("typing", typing());
    for (const kind of ["reply", "note"]) said.set(kind, known_draft(box, kind));
  }
  return said;
}

// The version of a draft that is on this page, or was told, also where it has no form.
function known_draft(box, kind) {
  if (drafts.box !== box) drafts = { box, versions: {}, newer: {} };
  const form = box.querySelector(`form[data-kind=${kind}]`);
  const versions = [box.dataset[kind], form?.elements.draft.value, drafts.versions[kind]];
  return Math.max(...versions.map((version) => Number(version ?? 0)));
}

async function ask() {
  const at = body();
  if (!at || asking) return plan();
  asking = true;
  const box = composer();
  let again = 0;
  try {
    const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? at.dataset.token;
    const said = question();
    const answer = await fetch(at.dataset.live + location.search, {
      method: "POST",
      body: said,
      headers: { "X-CSRFToken": token, "X-Part": "1" },
      redirect: "manual",
    });
    if (answer.status === 200 || answer.status === 204) {
      failures = 0;
      if (said.has("every")) drawn = Date.now();
      if (answer.status === 200) tell(await answer.json(), box);
      else {
        known.since = answer.headers.get("X-Since") ?? known.since;
        putDrafts();
      }
      renewing = false;
      offline(false);
      notLive("");
    } else if (answer.status === 403 && !renewing && (await renewed())) {
      renewing = true;
      again = 100;
    } else {
      renewing = false;
      failures = Math.min(failures + 1, 6);
      refused(answer);
    }
  } catch {
    failures = Math.min(failures + 1, 6);
    if (!leaving) {
      offline(true);
      notLive("offline");
    }
  } finally {
    asking = false;
    if (again) plan(again);
    else plan();
  }
}

// Whoever signed in again in another tab has new tokens; the forms of this page get them too.
async function renewed() {
  const answer = await fetch(body().dataset.home, {
    headers: { "X-Part": "page" },
    redirect: "manual",
  });
  if (!answer.ok) return false;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = made.querySelector("[name=csrfmiddlewaretoken]")?.value;
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) {
    if (token) input.value = token;
  }
  return Boolean(token);
}

function refused(answer) {
  if (answer.status === 401 || answer.type === "opaqueredirect") notLive("signed-out");
  else if (answer.status === 403) notLive("not-yours");
  else if (answer.status === 429) notLive("too-fast");
  else if (failures > 1) notLive("failed"); // once may be the server that starts anew
}

// Says in the page that what it shows is not kept up to date, why, and what to do; and when it is
// again. Who is there is not known then.
function notLive(now) {
  const place = document.getElementById("not-live");
  if (!place || now === why) return;
  const was = why;
  why = now;
  place.dataset.why = now;
  if (!now) {
    place.replaceChildren();
    document.getElementById("live").textContent = text("again");
    return;
  }
  if (!was) document.getElementById("live").textContent = "";
  place.replaceChildren(document.getElementById("not-live-" + now).content.cloneNode(true));
  present = {};
  known.here = "";
  showPresent();
}

let leaving = false;
window.addEventListener("pagehide", () => (leaving = true));
window.addEventListener("pageshow", () => (leaving = false));

function offline(is) {
  document.documentElement.toggleAttribute("data-offline", is);
}

function tell(answer, box) {
  moved = moved || Boolean(known.news && answer.news);
  for (const name of ["news", "here", "since"]) if (answer[name]) known[name] = answer[name];
  if (answer.counts) recount(answer.counts);
  if (answer.present) present = answer.present;
  if (answer.rows) swapRows(answer);
  showPresent();
  if (box !== composer()) return; // another request was opened in the meantime
  if (answer.gone) {
    left = box;
    happened([{ who: "", what: text("gone"), text: "" }]);
  }
  if (answer.entries) changed(answer);
  if (answer.drafts) draftsCame(answer.drafts);
}

const text = (name) => document.getElementById("live-" + name)?.content.textContent.trim() ?? "";

// Rows are put in place where they stand; what is new is offered, never pushed in.
function swapRows(answer) {
  for (const row of rows()) {
    const html = answer.rows[row.dataset.reference];
    const item = row.closest("li");
    if (html && item && looks.get(row) !== html) {
      looks.set(row, html);
      const made = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
      // Who ticks it from now on ticks what is shown now.
      const tick = item.querySelector("input[name=pick]:not(:checked)");
      if (tick) tick.value = made.querySelector("input[name=pick]").value;
      const link = made?.querySelector("[data-reference]");
      if (link) {
        const current = row.getAttribute("aria-current");
        if (current) link.setAttribute("aria-current", current);
        link.href = row.href;
        const focused = document.activeElement === row;
        row.replaceChildren(...link.childNodes);
        row.className = link.className;
        if (focused) row.focus();
      }
    }
    row.classList.toggle(
      "row-left",
      answer.left.includes(row.dataset.reference) || (!html && row.classList.contains("row-left")),
    );
  }
  const shown = new Set(rows().map((row) => row.dataset.reference));
  for (const reference of answer.fresh) if (!shown.has(reference)) fresh.add(reference);
  for (const reference of answer.left) fresh.delete(reference);
  much = much || answer.much;
  offer();
}

function recount(counts) {
  for (const view of document.querySelectorAll("#views [data-view]")) {
    const count = counts[view.dataset.view];
    if (count !== undefined) put(view.querySelector(".count"), count);
  }
  counted = Date.now();
  moved = false;
}

let much = false; // more may be new than was named

function offer() {
  const place = document.getElementById("news");
  if (!place) return;
  const left = document.querySelectorAll("#queue .row-left").length;
  place.hidden = !fresh.size && !left && !much;
  if (place.hidden) return;
  const words = much
    ? text("much")
    : fresh.size === 1 ? text("one") : fresh.size ? text("many") : text("left");
  put(place.querySelector("button"), words.replace("{n}", fresh.size));
}

function showPresent() {
  for (const row of rows()) {
    const people = present[row.dataset.reference] ?? [];
    let mark = row.querySelector(".row-here");
    if (!people.length) {
      mark?.remove();
      continue;
    }
    if (!mark) {
      mark = document.createElement("span");
      mark.className = "row-here";
      (row.querySelector(".row-facts") ?? row).append(" ", mark);
    }
    put(mark, people.map(line).join(" "));
  }
  const place = document.getElementById("present");
  if (place) put(place, (present[composer()?.dataset.reference] ?? []).map(line).join(" "));
}

function put(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

function line(person) {
  return text(person.typing || "looks").replace("{name}", person.name.split(" ")[0]);
}

// The open request changed under one's hands: say what happened and by whom; text stays.
function changed(answer) {
  const box = composer();
  if (!box) return;
  seen = { box, version: answer.version, seen: answer.seen };
  const writing = [...box.querySelectorAll("textarea")].some((area) => area.value.trim());
  const inside = document.activeElement?.closest("#request form, #request details, dialog");
  if (!writing && !inside) {
    refresh(answer);
    return;
  }
  happened(answer.entries, () => refresh(answer));
}

function happened(entries, show) {
  const place = document.getElementById("changed");
  if (!place) return;
  const list = document.createElement("ul");
  list.className = "since";
  for (const entry of entries) {
    const item = document.createElement("li");
    const who = document.createElement("strong");
    who.textContent = entry.who;
    item.append(who, entry.who ? ": " : "", entry.what, entry.text ? " · " + entry.text : "");
    list.append(item);
  }
  const title = document.createElement("p");
  title.textContent = text("changed");
  place.replaceChildren(title, list);
  if (show) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "act";
    button.textContent = text("show");
    button.addEventListener("click", () => {
      place.hidden = true;
      show();
    });
    place.append(button);
  }
  place.hidden = false;
}

function swap(part, other) {
  const made = document.adoptNode(other);
  part.replaceWith(made);
  window.htmx?.process(made);
}

async function page() {
  const answer = await fetch(location.href, { headers: { "X-Part": "page" }, redirect: "manual" });
  if (!answer.ok) throw new Error("the page could not be had");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// All of the request but the composer, and the composer's forms know the new version.
async function refresh(answer) {
  let made;
  try {
    made = await page();
  } catch {
    return;
  }
  const old = composer();
  const next = made.getElementById("composer");
  if (!old || !next || old.dataset.reference !== next.dataset.reference) return;
  const kinds = (box) => [...box.querySelectorAll(".way input")].map((way) => way.value).join();
  const texts = [...old.querySelectorAll("textarea")].map((area) => area.value).join("").trim();
  const keep = kinds(old) === kinds(next) || texts;
  const request = document.getElementById("request");
  const top = request.scrollTop;
  for (const part of request.querySelectorAll("[data-live-part], #timeline, .due, .request-head")) {
    if (part.contains(old)) continue;
    const other = part.id
      ? made.getElementById(part.id)
      : made.querySelector("#request ." + part.classList[0]);
    if (other) swap(part, other);
  }
  if (keep) {
    for (const form of old.querySelectorAll("form")) {
      const newer = next.querySelector("#" + form.getAttribute("id"));
      for (const name of ["version", "seen"]) {
        if (newer) form.elements[name].value = newer.elements[name].value;
      }
    }
    old.dataset.version = next.dataset.version;
    old.dataset.seen = next.dataset.seen;
  } else {
    swap(old, next);
  }
  request.scrollTop = top;
  seen = null;
  beside = composer();
  showPresent();
}

async function queueAgain() {
  let made;
  try {
    made = await page();
  } catch {
    return;
  }
  const old = document.getElementById("queue");
  const top = old?.scrollTop ?? 0;
  const inside = old?.contains(document.activeElement) || document.activeElement === document.body;
  for (const id of ["queue", "views"]) {
    const other = made.getElementById(id);
    const part = document.getElementById(id);
    if (other && part) swap(part, other);
  }
  const now = document.getElementById("queue");
  if (now) now.scrollTop = top;
  // The button that was pressed is gone; whoever pressed it goes on at what is new.
  if (inside) {
    const place = rows().find((row) => fresh.has(row.dataset.reference))
      ?? document.getElementById("queue-title");
    place?.focus({ preventScroll: true });
    place?.scrollIntoView({ block: "nearest" });
  }
  fresh.clear();
  much = false;
  moved = false;
  drawn = counted = Date.now();
  showPresent();
}

// A colleague's words come into an untouched draft by themselves; into a touched one never.
function draftsCame(newer) {
  for (const [kind, draft] of Object.entries(newer)) {
    drafts.versions[kind] = draft.version;
    drafts.newer[kind] = draft;
  }
  putDrafts();
}

// What a colleague is writing, where it is not mine to write.
function theirs(draft) {
  const place = document.getElementById("their-draft");
  const made = new DOMParser().parseFromString(draft.shown, "text/html").body;
  place?.replaceChildren(...made.childNodes);
}

// Where somebody was writing they are put in as soon as nothing of their own stands there.
function putDrafts() {
  if (drafts.box !== composer()) return;
  for (const [kind, draft] of Object.entries(drafts.newer)) {
    const form = drafts.box.querySelector(`form[data-kind=${kind}]`);
    const offer = new CustomEvent("desk:draft", { bubbles: true, cancelable: true, detail: draft });
    if (kind === "reply" && !form) theirs(draft);
    if (!form || !form.dispatchEvent(offer)) delete drafts.newer[kind];
  }
}

for (const what of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  document.addEventListener(what, () => {
    const idle = Date.now() - active > WORKED_RECENTLY;
    active = Date.now();
    if (idle && !asking) plan(300);
  }, { passive: true });
}
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    failures = 0;
    plan(100 + 400 * Math.random());
  }
});
window.addEventListener("online", () => {
  failures = 0;
  plan(200);
});
window.addEventListener("offline", () => offline(true));
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#news button")) queueAgain();
});
// Another request was opened beside the queue.
new MutationObserver(() => {
  const box = composer();
  if (box && box !== beside) {
    beside = box;
    plan(150);
  }
}).observe(document.body, { childList: true, subtree: true });

if (body()) plan(400);
