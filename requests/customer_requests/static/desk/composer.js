// The composer: drafts that are kept while they are written, the preview beside them, and both
// texts where two people wrote at once. Without this script the forms still do everything.

const SAVE_AFTER = 1200;
const PREVIEW_AFTER = 700;
const OWN = "desk-draft:";

const composer = () => document.getElementById("composer");
const forms = () => composer()?.querySelectorAll("form[data-draft]") ?? [];
// What is not with the team yet is of whoever wrote it, for as long as kept.js lets it stand.
const MINE = OWN + (document.body.dataset.me ?? "") + ":";
const keyOf = (form) => MINE + composer().dataset.reference + ":" + form.dataset.kind;
const ticks = (form) => [...form.querySelectorAll("[name=audience]")];
const chosen = () => composer()?.querySelector(".way input:checked")?.value;
// Who reads it and how it is sent belong to the text: they are kept, compared and taken over with it.
function words(form) {
  const now = {
    text: form.elements.text.value,
    text_employee: form.elements.text_employee?.value ?? "",
    audience: ticks(form).filter((tick) => tick.checked).map((tick) => tick.value),
    step_title: form.elements.title?.value ?? "",
    step_expected_at: form.elements.expected_at?.value ?? "",
    wait_on: form.elements.on?.value ?? "customer",
    wait_until: form.elements.until?.value ?? "",
  };
  // Only a choice is no text yet. While a note is open the reply is meant as it was.
  return { ...now, way: isEmpty(now) ? "" : form.elements.way?.value ?? "" };
}
// A moment of the server, as a field of this page has it: in the time zone of who reads the page.
function local(moment) {
  if (!/Z$|[+-]\d\d:?\d\d$/.test(moment ?? "")) return moment ?? "";
  const shown = { timeZone: composer().dataset.zone, dateStyle: "short", timeStyle: "short" };
  return new Intl.DateTimeFormat("sv-SE", shown).format(new Date(moment)).replace(" ", "T");
}
const same = (one, other) =>
  one.text === other.text
  && one.text_employee === other.text_employee
  && one.audience.join() === other.audience.join()
  && one.step_title === other.step_title
  && one.step_expected_at === other.step_expected_at
  && one.wait_on === other.wait_on
  && one.wait_until === other.wait_until
  && one.way === other.way;
const waits = (draft) => draft.wait_until || (draft.wait_on ?? "customer") !== "customer";
const isEmpty = (draft) =>
  !draft.text && !draft.text_employee && !draft.step_title && !draft.step_expected_at && !waits(draft);

// Put a draft into a form: both texts, who reads them, and the step or the wait that goes with them.
function fill(form, draft) {
  form.elements.text.value = draft.text;
  if (form.elements.text_employee) form.elements.text_employee.value = draft.text_employee;
  if (draft.text_employee) form.querySelector(".write-own")?.setAttribute("open", "");
  if (draft.audience) {
    for (const tick of ticks(form)) tick.checked = draft.audience.includes(tick.value);
  }
  if (form.elements.title) {
    form.elements.title.value = draft.step_title ?? "";
    form.elements.expected_at.value = local(draft.step_expected_at);
    form.elements.on.value = draft.wait_on ?? "customer";
    form.elements.until.value = local(draft.wait_until);
  }
  if (draft.way && form.elements.way) {
    form.elements.way.value = draft.way;
    const way = document.getElementById("write-" + draft.way);
    // Nobody is taken out of a note.
    if (way && chosen() !== "note") way.checked = true;
    choose();
  }
}

// What is under way per form; forms come and go when a panel is swapped.
const states = new WeakMap();

function stateOf(form) {
  if (!states.has(form)) {
    states.set(form, { kept: words(form), timer: 0, seeing: 0, saving: null, asking: null });
  }
  return states.get(form);
}

function own(form) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(form)));
    return kept && { ...words(form), ...kept };
  } catch {
    return null;
  }
}

function remember(form) {
  const now = words(form);
  try {
    if (!same(now, stateOf(form).kept)) {
      const kept = { ...now, at: Date.now(), draft: form.elements.draft.value };
      localStorage.setItem(keyOf(form), JSON.stringify(kept));
    } else {
      localStorage.removeItem(keyOf(form));
    }
  } catch {
    // A browser that keeps nothing still has the draft on the server.
  }
}

function forget(form) {
  try {
    localStorage.removeItem(keyOf(form));
  } catch {
    // Nothing was kept.
  }
}

// What stands beside the buttons is read when one comes there, and not at each pause in the typing.
// What asks for something to be done, or is about words that came back, is said at once, and once.
const SAID_ALOUD = ["offline", "signed-out", "no-team", "back", "refused"];

function say(form, what, more = "") {
  const words = document.getElementById("say-" + what);
  const put = (place) => {
    const made = document.createElement("p");
    made.append(words ? words.content.cloneNode(true) : "", more);
    if (place.textContent !== made.textContent) place.replaceChildren(...made.childNodes);
  };
  put(form.querySelector(".write-state"));
  const aloud = form.querySelector(".write-aloud");
  if (SAID_ALOUD.includes(what)) aloud.textContent = words.content.textContent.trim() + more;
  else if (what !== "saving") aloud.textContent = "";
}

async function send(form, address) {
  const body = new URLSearchParams(new FormData(form));
  return fetch(address, {
    method: "POST",
    body,
    headers: { "X-Part": "1", Accept: "application/json, text/html" },
    credentials: "same-origin",
    redirect: "manual",
  });
}

function save(form) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  if (state.saving || state.sent || same(words(form), state.kept)) return;
  state.saving = keep(form).finally(() => {
    state.saving = null;
    const clashing = composer()?.querySelector(".merge");
    if (!clashing && !state.sent && !same(words(form), state.kept)) later(form, 8 * SAVE_AFTER);
  });
}

async function keep(form) {
  const state = stateOf(form);
  const now = words(form);
  say(form, "saving");
  try {
    const answer = await send(form, form.dataset.draft);
    if (answer.ok) {
      const draft = await answer.json();
      form.elements.draft.value = draft.version;
      state.kept = now;
      if (state.sent) return;
      if (same(now, words(form))) forget(form);
      say(form, "saved");
    } else if (state.sent) {
      return;
    } else if (answer.headers.get("X-Refused") === "no-team") {
      say(form, "no-team");
    } else if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") {
      say(form, "signed-out");
    } else if (answer.status === 409) {
      const problem = await answer.json();
      if ("text" in problem) clash(form, problem);
      else say(form, "refused", " " + problem.detail);
    } else {
      say(form, answer.status === 429 || answer.status >= 500 ? "offline" : "refused");
    }
  } catch {
    if (!state.sent) say(form, "offline");
  }
}

function later(form, wait = SAVE_AFTER) {
  const state = stateOf(form);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(form), wait);
}

// A colleague saved in between. What they wrote is shown; what I wrote stays where it is.
function clash(form, theirs) {
  const mine = words(form);
  // Where two choices of readers meet, it goes to whom both meant; the writer adds the others.
  const common = mine.audience.filter((reader) => theirs.audience.includes(reader));
  if (isEmpty(theirs)) {
    // It was sent or thrown away: what I have is a new text.
    form.elements.draft.value = theirs.version;
    fill(form, { ...mine, audience: common });
    remember(form);
    later(form);
    return;
  }
  composer().querySelector(".merge")?.remove();
  const box = document.getElementById("merge-template").content.cloneNode(true).firstElementChild;
  box.querySelector("[data-by]").textContent = theirs.by ?? "";
  box.querySelector("[data-by]").hidden = Boolean(theirs.yours);
  box.querySelector("[data-yours]").hidden = !theirs.yours;
  const step = [theirs.step_title, local(theirs.step_expected_at).replace("T", " ")];
  box.querySelector("[data-theirs]").textContent = [
    theirs.text,
    theirs.text_employee,
    step.filter(Boolean).join(", "),
  ]
    .filter(Boolean)
    .join("\n\n");
  if (form.dataset.kind === "reply") {
    box.querySelector("[data-to]").hidden = false;
    for (const reader of box.querySelectorAll("[data-to] [data-reader]")) {
      reader.hidden = !theirs.audience.includes(reader.dataset.reader);
    }
    box.querySelector("[data-to-nobody]").hidden = theirs.audience.length > 0;
    if (theirs.way === "wait" || waits(theirs)) {
      const line = box.querySelector("[data-waits]");
      const on = form.elements.on.querySelector(`[value="${CSS.escape(theirs.wait_on)}"]`);
      const label = document.querySelector("label[for=write-wait]");
      const parts = [on?.textContent, local(theirs.wait_until).replace("T", " ")];
      line.textContent = [label?.textContent, parts.filter(Boolean).join(", ")].join(": ");
      line.hidden = false;
    }
  }
  box.addEventListener("click", (event) => {
    const choice = event.target.dataset.merge;
    if (!choice) return;
    const now = words(form);
    form.elements.draft.value = theirs.version;
    const both = (one, other) => [one, other].filter(Boolean).join("\n\n");
    if (choice === "theirs") fill(form, theirs);
    if (choice === "both") {
      fill(form, {
        text: both(theirs.text, now.text),
        text_employee: both(theirs.text_employee, now.text_employee),
        audience: now.audience.filter((reader) => theirs.audience.includes(reader)),
        // One line holds one step; the other one stands in the box above until here.
        step_title: now.step_title || theirs.step_title,
        step_expected_at: now.step_expected_at || theirs.step_expected_at,
        wait_on: waits(now) ? now.wait_on : theirs.wait_on,
        wait_until: now.wait_until || theirs.wait_until,
        way: now.way || theirs.way,
      });
    }
    box.remove();
    stateOf(form).kept = {
      text: theirs.text,
      text_employee: theirs.text_employee,
      audience: theirs.audience,
      step_title: theirs.step_title ?? "",
      step_expected_at: local(theirs.step_expected_at),
      wait_on: theirs.wait_on ?? "customer",
      wait_until: local(theirs.wait_until),
      way: theirs.way ?? "",
    };
    remember(form);
    later(form, 0);
    if (form.dataset.kind === "reply") seeLater(form);
    form.elements.text.focus();
  });
  form.before(box);
  say(form, "");
}

// A step is told by its title alone, and words for the employee alone are words.
function goesOut(form) {
  const { text, text_employee } = words(form);
  const step = chosen() === "step";
  return [text, text_employee, step ? form.elements.title.value : ""].some((each) => each.trim());
}

async function preview(form, asked = false) {
  const state = stateOf(form);
  const place = form.querySelector(".preview");
  if (!place || form.dataset.kind === "note") return;
  state.asking?.abort();
  if (!asked && !goesOut(form)) {
    place.replaceChildren();
    return;
  }
  state.asking = new AbortController();
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-Part": "1" },
      signal: state.asking.signal,
      redirect: "manual",
    });
    if (answer.ok) {
      const open = [...place.querySelectorAll("details")].map((each) => each.open);
      const shown = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      place.replaceChildren(...shown.childNodes);
      place.querySelectorAll("details").forEach((each, at) => {
        if (at in open) each.open = open[at];
      });
      if (asked) place.focus();
    }
  } catch {
    // Another one is under way, or there is no connection; sending says so.
  }
}

function seeLater(form) {
  const state = stateOf(form);
  clearTimeout(state.seeing);
  state.seeing = setTimeout(() => preview(form), PREVIEW_AFTER);
}

// Only the button of the way that was chosen may be pressed, also by Enter in a field.
function choose() {
  const box = composer();
  if (!box) return;
  const way = chosen();
  const meant = document.getElementById("write-reply")?.elements.way;
  if (meant && way && way !== "note") meant.value = way;
  box.querySelectorAll(".write-reply .write-foot button.act-first").forEach((button) => {
    button.disabled = !button.classList.contains("only-" + way);
  });
}

export function ready() {
  const box = composer();
  if (!box || box.classList.contains("scripted")) return;
  box.classList.add("scripted");
  box.classList.toggle("quiet", !box.contains(document.activeElement));
  choose();
  forms().forEach((form) => {
    const state = stateOf(form);
    const mine = own(form);
    if (mine && !same(mine, state.kept)) {
      const theirs = { ...state.kept, version: form.elements.draft.value };
      const went_on = mine.draft === theirs.version;
      const meant = mine.audience.filter((reader) => went_on || theirs.audience.includes(reader));
      fill(form, { ...mine, audience: isEmpty(theirs) ? meant : mine.audience });
      // What was written on the same draft goes on; else both texts are there.
      if (went_on || isEmpty(theirs)) {
        say(form, "back");
        later(form);
      } else {
        clash(form, theirs);
      }
    }
    if (form.dataset.kind === "reply" && goesOut(form)) seeLater(form);
  });
}

function touched(form) {
  remember(form);
  if (!composer().querySelector(".merge")) later(form);
  if (form.dataset.kind === "reply") seeLater(form);
}

// It opens for whoever comes to write; of what is pressed only when that was let go, so that it does
// not move away from under the pointer.
let pressing = false;
const come = () => {
  if (!pressing) document.activeElement?.closest?.("#composer")?.classList.remove("quiet");
};
document.addEventListener("focusin", come);
document.addEventListener("pointerdown", () => (pressing = true), true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => setTimeout(() => {
    pressing = false;
    come();
  }), true);
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  form.dataset.typed = String(Date.now());
  touched(form);
});

// What the team saved elsewhere is put in by itself where nothing was touched: no text is lost by it.
document.addEventListener("desk:draft", (event) => {
  const form = event.target;
  const state = stateOf(form);
  const draft = event.detail;
  const busy = state.saving || state.sent || composer().querySelector(".merge");
  if (busy || form.contains(document.activeElement) || !same(words(form), state.kept)) return;
  event.preventDefault();
  if (draft.version < Number(form.elements.draft.value)) return;
  fill(form, draft);
  form.elements.draft.value = draft.version;
  state.kept = words(form);
  say(form, isEmpty(draft) ? "" : "by");
  const line = form.querySelector(".write-state");
  line.textContent = line.textContent.replace("{name}", draft.by ?? "");
  if (form.dataset.kind === "reply") seeLater(form);
});

document.addEventListener("change", (event) => {
  if (!event.target.closest?.("#composer")) return;
  if (event.target.name === "mode") {
    choose();
    const reply = document.getElementById("write-reply");
    if (!reply || event.target.value === "note") return;
    touched(reply);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  event.preventDefault();
  const way = chosen();
  const button = form.dataset.kind === "note"
    ? form.querySelector(".act-note")
    : form.querySelector(".act-first.only-" + way);
  button?.click();
});

// By key or by name a way is pressed without being focused; then its text is what one wants.
document.addEventListener("click", (event) => {
  if (event.target.name !== "mode" || document.activeElement === event.target) return;
  const note = event.target.value === "note";
  const wanted = event.target.value === "step" ? "[name=title]" : "[name=text]";
  setTimeout(() => {
    document.getElementById(note ? "write-note-form" : "write-reply")?.querySelector(wanted)?.focus();
  });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("#composer [data-do='preview']");
  if (!button) return;
  event.preventDefault();
  preview(button.form, true);
});

// A draft that is being saved is waited for: what is sent is then the version that the team has.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest?.("form[data-draft]");
    const state = form && stateOf(form);
    if (!state?.saving || state.sent) return;
    event.preventDefault();
    event.stopPropagation();
    if (state.waiting) return;
    state.waiting = true;
    const go = () => {
      if (!state.waiting) return;
      state.waiting = false;
      state.saving = null;
      if (form.isConnected) form.requestSubmit(event.submitter);
    };
    setTimeout(go, SAVE_AFTER);
    state.saving.finally(go);
  },
  true,
);

// Whatever is sent is also kept here until the page that follows shows that it arrived.
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  const state = stateOf(form);
  if (state.sent) {
    event.preventDefault();
    return;
  }
  clearTimeout(state.timer);
  state.sent = true;
  setTimeout(() => (state.sent = false), 4000);
  remember(form);
  try {
    sessionStorage.setItem(OWN + "sent", keyOf(form) + " " + words(form).text.length);
  } catch {
    // Then it stays until it is seen to be sent.
  }
});

// Back on the request with an empty draft of the next version: it was sent.
export function arrived() {
  let sent = "";
  try {
    sent = sessionStorage.getItem(OWN + "sent") ?? "";
  } catch {
    return;
  }
  const key = sent.split(" ")[0];
  const box = composer();
  if (!key || !box || !document.querySelector("#request > .said")) return;
  try {
    localStorage.removeItem(key);
    sessionStorage.removeItem(OWN + "sent");
  } catch {
    // Nothing was kept.
  }
}

// Answered without a new page: refused, or not reached. It can be sent again.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  stateOf(form).sent = false;
  choose();
});

window.addEventListener("pageshow", () => {
  arrived();
  ready();
});
window.addEventListener("online", () => forms().forEach((form) => save(form)));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") forms().forEach((form) => save(form));
});
new MutationObserver(() => {
  if (composer() && !composer().classList.contains("scripted")) {
    arrived();
    ready();
  }
}).observe(document.body, { childList: true, subtree: true });
arrived();
ready();
