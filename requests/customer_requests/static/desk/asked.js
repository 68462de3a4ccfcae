// Forms that send something outside, each in a dialog or on a page of its own: what each reader will
// get stands beside what is filled in. Without this script a button shows it.

const SEEN_AFTER = 700;
const asking = new WeakMap();

async function see(form, asked) {
  const place = form.querySelector(".preview");
  asking.get(form)?.abort();
  const now = new AbortController();
  asking.set(form, now);
  const body = new URLSearchParams(new FormData(form));
  body.set("preview", "1");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { "X-Part": "1" },
      signal: now.signal,
      redirect: "manual",
    });
    // What is still to be filled in is said when one asks, and not while one is at it.
    if (!answer.ok && !(asked && answer.status === 422)) {
      place.replaceChildren();
      return;
    }
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    place.replaceChildren(...made.childNodes);
    if (asked) place.focus();
  } catch {
    // Another one is under way, or there is no connection; sending says so.
  }
}

const timers = new WeakMap();
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-shows]");
  if (!form) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => form.isConnected && see(form, false), SEEN_AFTER));
});

// Before anything else hears of it: nothing is sent by it.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("form[data-shows] button[name=preview][value='1']");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    see(button.form, true);
  },
  true,
);
