// Ticking rows of the queue by key and by range, and the toast: its countdown, its undo, its end.
// Without this script the ticks are a form, and the toast a line with a button.

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const EVERY = 1500;
const HOLD_EVERY = 4000;
const STAYS = 10000; // once it is over; then it goes, and what it led to stands below the queue

// --- Ticks -----------------------------------------------------------------------------------------

const picked = new Set(); // kept while rows come and go
let last = null;
const ticks = () => all("#rows input[name=pick]");
const idOf = (tick) => tick.value.split(":")[0];

function count() {
  const bar = $("#bulk-bar");
  if (!bar) return;
  const n = ticks().filter((tick) => tick.checked).length;
  const shown = $("[data-bulk-count]", bar);
  // Only what changes is written: the watch over the queue below sees this too.
  const words = n === 1 ? shown.dataset.one : shown.dataset.many;
  const text = n ? words.replace("{n}", n) : "";
  if (shown.textContent !== text) shown.textContent = text;
}

function set(tick, on) {
  tick.checked = on;
  if (on) picked.add(idOf(tick));
  else picked.delete(idOf(tick));
}

document.addEventListener("click", (event) => {
  const tick = event.target.closest?.("input[name=pick]");
  if (!tick) return;
  const listed = ticks();
  if (event.shiftKey && last?.isConnected && last !== tick) {
    const [from, to] = [listed.indexOf(last), listed.indexOf(tick)].sort((a, b) => a - b);
    for (const each of listed.slice(from, to + 1)) set(each, tick.checked);
  } else set(tick, tick.checked);
  last = tick;
  count();
});

document.addEventListener("keydown", (event) => {
  if (document.body.dataset.keys === "off") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.matches?.("textarea, select, input:not([type=checkbox], [type=radio])")) return;
  if ($("dialog[open]") || (event.key !== "x" && event.key !== "X")) return;
  const item = document.activeElement.closest?.("#rows li") ?? $("#rows .row[aria-current]")?.closest("li");
  const tick = item && $("input[name=pick]", item);
  if (!tick) return;
  event.preventDefault();
  tick.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: event.shiftKey }));
});

$("[data-bulk-none]")?.addEventListener("click", () => {
  for (const tick of ticks()) set(tick, false);
  picked.clear();
  count();
  ($("#rows .row[aria-current]") ?? $("#rows .row"))?.focus();
});

const queue = $("#queue");
if (queue) {
  new MutationObserver(() => {
    for (const tick of ticks()) if (picked.has(idOf(tick))) tick.checked = true;
    count();
  }).observe(queue, { childList: true, subtree: true });
}
addEventListener("pageshow", () => {
  for (const tick of ticks()) if (tick.checked) picked.add(idOf(tick));
  count();
});

// --- The toast -------------------------------------------------------------------------------------

const box = $("[data-bulk]");
const part = box && $("[data-bulk-part]", box);
const state = () => $(".bulk-state", part);
let held = 0;
let read = 0; // since when it is over and nobody is at it
let busy = false;

async function ask(address, form = null) {
  if (busy) return;
  busy = true;
  try {
    const token = $("input[name=csrfmiddlewaretoken]")?.value ?? "";
    const answer = await fetch(address, {
      method: form ? "POST" : "GET",
      headers: { "X-Part": "1", ...(form ? { "X-CSRFToken": token } : {}) },
      credentials: "same-origin",
    });
    if (answer.ok) show(await answer.text());
  } catch {
    // No connection: the next look shows what became of it.
  } finally {
    busy = false;
  }
}

/** Only what changed is put in place, so that a screen reader hears each state once. */
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".bulk-state");
  if (!fresh) return;
  const now = state();
  if (now.dataset.state === fresh.dataset.state && now.textContent.trim() !== "") {
    now.dataset.due = fresh.dataset.due;
    if (now.dataset.state === "waiting") return;
  }
  const inside = now.contains(document.activeElement);
  const over = fresh.hasAttribute("data-over");
  part.replaceChildren(document.adoptNode(fresh));
  if (inside) ($("button", fresh) ?? $("a", box))?.focus();
  if (over && $(".bulk-items")) location.reload(); // what became of each stands below
}

function look() {
  const now = state();
  if (!now || !box.isConnected) return;
  if (now.hasAttribute("data-over")) return leave();
  const left = Math.ceil((Date.parse(now.dataset.due) - Date.now()) / 1000);
  const shown = $("[data-left]", now);
  const watched = box.matches(":focus-within, :hover");
  if (now.dataset.state === "waiting" && watched && Date.now() - held > HOLD_EVERY) {
    held = Date.now();
    ask(box.dataset.hold, true);
  }
  if (shown && left > 0) shown.textContent = watched ? "" : String(left);
  if (now.dataset.state !== "waiting" || left <= 0) {
    if (shown) shown.textContent = "…";
    ask(box.dataset.bulk);
  }
}

/** It is over: out of the way, when nobody is at it and there was time to read it. */
function leave() {
  if (!box.matches(".toast")) return;
  if (!read || document.hidden || box.matches(":focus-within, :hover")) read = Date.now();
  if (Date.now() - read > STAYS) close();
}

/** What became of it stays to be found: as a line below the queue, that covers nothing. */
function close() {
  const line = $("[data-bulk-last]");
  if (line) {
    $("span", line).textContent = $(".bulk-said", part)?.textContent.replace(/\s+/g, " ").trim() ?? "";
    $("a", line).href = box.dataset.bulk;
    line.hidden = false;
  }
  box.remove();
}

if (box) {
  setInterval(look, EVERY / 3);
  box.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-undo]");
    if (!form) return;
    event.preventDefault();
    ask(form.action, true);
  });
  $("[data-bulk-close]", box)?.addEventListener("click", close);
  // A reload should not bring it back.
  const address = new URL(location.href);
  if (address.searchParams.has("bulk")) {
    address.searchParams.delete("bulk");
    history.replaceState(history.state, "", address);
  }
}
