// Forms beside the composer in which something is written: that is kept in this browser until it is
// sent, so that a closed dialog, a reload or a session that ended costs no words. A reply or a note is
// the team's (composer.js keeps what did not come there yet); these are of whoever fills them in.

const FOR = 14 * 86_400_000;
const ALL = "desk-form:";
const PREFIX = ALL + (document.body.dataset.me ?? "") + ":";
const SENT = "desk-form-sent";
const DATED = [ALL, "desk-draft:"]; // what is thrown away when it is old, also of the composer

const pathOf = (form) => new URL(form.action, location.href).pathname;
const keyOf = (form) => PREFIX + pathOf(form);
const fields = (form) => [...form.elements].filter((each) => each.name && each.type !== "hidden" && each.type !== "submit");

function filledIn(form) {
  const found = {};
  for (const each of fields(form)) {
    const tick = each.type === "checkbox" || each.type === "radio";
    if (!tick) found[each.name] = each.value;
    else found[each.name] = [...(found[each.name] ?? []), ...(each.checked ? [each.value] : [])];
  }
  return JSON.stringify(found);
}

function fill(form, kept) {
  const values = JSON.parse(kept);
  for (const each of fields(form)) {
    if (!(each.name in values)) continue;
    if (each.type === "checkbox" || each.type === "radio") each.checked = values[each.name].includes(each.value);
    else each.value = values[each.name];
  }
}

// A browser that keeps nothing does without.
function stored(key, value) {
  try {
    if (value === undefined) return JSON.parse(localStorage.getItem(key));
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // As if nothing was kept.
  }
  return null;
}

function sent(key) {
  try {
    if (key === undefined) return sessionStorage.getItem(SENT);
    if (key === null) sessionStorage.removeItem(SENT);
    else sessionStorage.setItem(SENT, key);
  } catch {
    // Then it stays until its days are over.
  }
  return null;
}

const opened = new WeakMap(); // what stood in a form when it came

function ready() {
  for (const form of document.querySelectorAll("form[data-keep]")) {
    if (opened.has(form) || !form.querySelector("textarea")) continue;
    const empty = filledIn(form);
    opened.set(form, empty);
    const kept = stored(keyOf(form));
    if (!kept || "again" in form.dataset) continue;
    // Where something else stands there by now, one should begin with that.
    if (kept.from !== empty) {
      stored(keyOf(form), null);
      continue;
    }
    fill(form, kept.values);
    const notice = document.getElementById("kept-back").content.cloneNode(true).firstElementChild;
    notice.querySelector("button").addEventListener("click", () => {
      fill(form, empty);
      notice.remove();
      form.dispatchEvent(new Event("input", { bubbles: true }));
      fields(form)[0].focus();
    });
    form.prepend(notice);
    form.dispatchEvent(new Event("input", { bubbles: true })); // so that its preview is there too
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-keep]");
  if (!form || !opened.has(form)) return;
  const from = "again" in form.dataset ? stored(keyOf(form))?.from : opened.get(form);
  const values = filledIn(form);
  stored(keyOf(form), values === from || from === undefined ? null : { at: Date.now(), from, values });
});

// It was sent when another page answers than that of the form itself.
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-keep]");
  if (form) sent(keyOf(form));
});

function answered(path) {
  const key = sent();
  if (key && key !== PREFIX + path) stored(key, null);
  sent(null);
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.target.closest?.("form[data-keep]")) return;
  if (event.detail.successful) answered(new URL(event.detail.xhr.responseURL).pathname);
  else sent(null);
});
document.addEventListener("htmx:afterSwap", ready);

function forgetOld() {
  try {
    for (const key of Object.keys(localStorage)) {
      const ours = DATED.some((each) => key.startsWith(each));
      if (ours && !(Date.now() - stored(key)?.at < FOR)) stored(key, null);
    }
  } catch {
    // Nothing was kept.
  }
}

forgetOld();
answered(location.pathname);
ready();
