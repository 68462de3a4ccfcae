// The page of a known problem: how far a word to all is, looked at while it is being passed on.
// Without this script the page says it as it was when it was loaded.

const EVERY = 2000;
const box = document.querySelector("[data-said]");
let failures = 0;

const going = () => box.querySelector("[data-going]") !== null;

async function look() {
  if (document.hidden) return wait();
  try {
    const answer = await fetch(box.dataset.said, {
      headers: { "X-Part": "1" },
      credentials: "same-origin",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.text());
    failures = 0;
  } catch {
    failures += 1; // no connection, or signed out: less often, and not for ever
  }
  if (going() && failures < 10) wait();
}

const wait = () => setTimeout(look, EVERY * (failures + 1));

/** Only how far each is changes, so that what somebody reads or has focused stays where it is; at the
 * end all of it, because then there may be something to try again. */
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const over = fresh.querySelector("[data-going]") === null;
  const last = fresh.querySelector("[data-far]");
  if (over && !box.contains(document.activeElement)) {
    const opened = [...box.querySelectorAll("details")].map((each) => each.open);
    box.replaceChildren(...fresh.childNodes);
    [...box.querySelectorAll("details")].forEach((each, at) => (each.open = opened[at] ?? false));
  } else {
    for (const far of box.querySelectorAll("[data-far]")) {
      const now = fresh.querySelector(`[data-far="${CSS.escape(far.dataset.far)}"]`);
      if (now && now.textContent !== far.textContent) far.replaceChildren(...now.childNodes);
    }
    if (over) box.querySelector("[data-going]")?.remove();
  }
  // Said once, when it is over: every two seconds a number would be talked through.
  if (over && last) document.querySelector("#said-end").textContent = last.textContent.trim();
}

if (box && going()) wait();
