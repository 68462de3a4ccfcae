// The desk by keyboard, and without loading whole pages. Everything here is also a link or a form:
// without this script they do the same.
//
// What a key or a command does stands in the page: `data-key="n"` on what is pressed or focused,
// `data-command="Internal note"` on what the palette lists.

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const panel = $("#request");
const rows = () => all("#rows a.row");
const opened = () => $("[data-open-request]", panel ?? document)?.dataset.openRequest ?? "";
const writing = (element) =>
  element?.matches?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

for (const element of all(".needs-script")) element.hidden = false;

// Whoever works by speech, or presses keys by accident, switches those of one letter off (WCAG 2.1.4).
const letters = document.body.dataset.keys !== "off";
const unkey = () => {
  for (const element of all("[aria-keyshortcuts]")) {
    if (element.getAttribute("aria-keyshortcuts").length === 1) element.removeAttribute("aria-keyshortcuts");
  }
};
if (!letters) {
  unkey();
  new MutationObserver(unkey).observe(document.body, { childList: true, subtree: true });
}

// --- The queue: j and k move, Enter is the link's own ---------------------------------------------

let place = -1; // where the open row was, for when it has left the queue

function mark() {
  const reference = opened();
  for (const [index, row] of rows().entries()) {
    const current = row.dataset.reference === reference;
    if (current) place = index;
    if (current) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  $(".desk-body")?.classList.toggle("has-request", reference !== "");
}

function move(by) {
  const listed = rows();
  if (!listed.length) return;
  const at = listed.indexOf(document.activeElement);
  const current = listed.findIndex((row) => row.hasAttribute("aria-current"));
  const from = at >= 0 ? at : current;
  // A row that has just left makes room: the next one stands where it was.
  const next = from >= 0 ? from + by : place >= 0 ? place + Math.min(by, 0) : by > 0 ? 0 : listed.length - 1;
  const row = listed[Math.max(0, Math.min(listed.length - 1, next))];
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

// --- Keys ------------------------------------------------------------------------------------------

function act(element) {
  const box = element.closest("details");
  if (box && element.tagName !== "SUMMARY") box.open = true;
  if (element.tagName === "SUMMARY") {
    box.open = true;
    ($("textarea, input:not([type=hidden])", box) ?? element).focus();
  } else if (writing(element)) {
    element.focus();
    element.select?.();
  } else element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.altKey) {
    event.preventDefault();
    open("palette");
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if ($("dialog[open]")) return;
  if (event.key === "Escape") {
    escape(event.target);
    return;
  }
  if (writing(event.target) || !letters) return;
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    move(event.key === "j" ? 1 : -1);
    return;
  }
  const wanted = $(`[data-key="${CSS.escape(event.key)}"]`);
  if (wanted && wanted.closest("[hidden]") === null) {
    event.preventDefault();
    act(wanted);
  }
});

/** One step back: out of a menu, out of a field, out of the request. */
function escape(from) {
  const menu = from.closest?.("details.menu[open]");
  if (menu) {
    menu.open = false;
    $("summary", menu).focus();
  } else if (writing(from)) {
    (from.closest("#request") ? panel : $("#queue") ?? document.body).focus?.();
    from.blur();
  } else if (panel?.contains(from) || matchMedia("(max-width: 48rem)").matches) {
    const row = rows().find((each) => each.hasAttribute("aria-current"));
    if (row?.offsetParent) row.focus();
    else $("[data-back]", panel)?.click();
  }
}

document.addEventListener("click", (event) => {
  const menu = $("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
  const opener = event.target.closest("[data-open]");
  if (opener) open(opener.dataset.open);
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
});

// What is chosen once is kept at once, without a button.
for (const form of all("form[data-at-once]")) {
  $("button", form).hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}

// --- Dialogs ---------------------------------------------------------------------------------------

const palette = $("#palette");
const typed = $("#palette-input");
const list = $("#palette-list");

function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  for (const other of all("dialog[open]")) other.close();
  if (dialog === palette) gather();
  dialog.showModal();
}

for (const dialog of all("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (dialog.contains(trouble)) live.after(trouble);
  });
}

// --- The palette: everything that the page can do, by name -----------------------------------------

let commands = [];

function gather() {
  // What can be done with the open request comes first.
  const found = all("[data-command]");
  const inPanel = found.filter((element) => panel?.contains(element));
  commands = [...inPanel, ...found.filter((element) => !inPanel.includes(element))]
    .filter((element) => !element.closest("[hidden]") && !element.closest("dialog"))
    .map((element) => ({
      element,
      name: element.dataset.command || element.textContent.trim(),
      key: element.dataset.key ?? "",
    }));
  for (const row of rows()) {
    const name = `${$(".row-name", row).textContent} · ${row.dataset.reference}`;
    commands.push({ element: row, name, key: "" });
  }
  typed.value = "";
  list_them();
}

/** Letters in this order, not necessarily beside each other; what begins with them goes first. */
function fits(name, wanted) {
  const text = name.toLowerCase();
  if (text.startsWith(wanted)) return 3;
  if (text.includes(` ${wanted}`)) return 2;
  if (text.includes(wanted)) return 1.5;
  let at = -1;
  for (const letter of wanted) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return 0;
  }
  return 1;
}

function list_them() {
  const wanted = typed.value.trim().toLowerCase();
  const shown = commands
    .map((command) => ({ ...command, fit: wanted ? fits(command.name, wanted) : 1 }))
    .filter((command) => command.fit)
    .sort((one, other) => other.fit - one.fit);
  list.replaceChildren(
    ...shown.map((command, index) => {
      const item = document.createElement("li");
      item.id = `command-${index}`;
      item.setAttribute("role", "option");
      item.append(command.name);
      if (command.key && letters) {
        const key = document.createElement("kbd");
        key.textContent = command.key;
        item.append(key);
      }
      item.addEventListener("click", () => choose(command.element));
      item.command = command.element;
      return item;
    }),
  );
  $("#palette-none").hidden = shown.length > 0;
  point(0);
}

function point(index) {
  const items = [...list.children];
  for (const [at, item] of items.entries()) item.setAttribute("aria-selected", String(at === index));
  const item = items[index];
  if (item) {
    typed.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  } else typed.removeAttribute("aria-activedescendant");
}

function choose(element) {
  palette.close();
  if (element.isConnected) act(element);
}

typed?.addEventListener("input", list_them);
typed?.addEventListener("keydown", (event) => {
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    point((at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % Math.max(1, items.length));
  } else if (event.key === "Enter" && items[at]) {
    event.preventDefault();
    choose(items[at].command);
  }
});

// --- htmx: what was swapped, and what went wrong ---------------------------------------------------

const live = $("#live");
const trouble = $("#trouble");
let failed = null; // the element whose call failed, to try again

function say(text) {
  live.textContent = "";
  // A screen reader hears a change, so the same words have to be taken away first.
  requestAnimationFrame(() => (live.textContent = text));
}

function tell(what, element = null) {
  failed = element;
  for (const line of all("[data-trouble]", trouble)) line.hidden = line.dataset.trouble !== what;
  $("[data-again]", trouble).hidden = element === null;
  // What lies under an open dialog can't be read or pressed.
  const dialog = $("dialog[open]");
  if (dialog) dialog.prepend(trouble);
  else live.after(trouble);
  trouble.hidden = what === "";
}

document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (!target) return; // htmx puts back a page from the history: there is nothing new on it
  if (target.id === "act-body") {
    open("act-dialog");
    const first = $("[autofocus]", target) ?? $("input:not([type=hidden]), select, textarea", target);
    (first ?? target).focus();
  } else if (target === panel) {
    for (const dialog of all("dialog[open]")) dialog.close();
    tell("");
    panel.scrollTop = 0;
    mark();
    const title = $("#request-title");
    const said = $(".said", panel)?.textContent.trim();
    // Whoever works on goes on where they were: in the panel, not on top of the page.
    (title ?? panel).focus({ preventScroll: true });
    if (said) say(said);
  }
});

document.addEventListener("htmx:historyRestore", mark);
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest?.("form");
  for (const button of form ? all("button[type=submit]", form) : []) button.disabled = true;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  for (const button of form ? all("button[type=submit]", form) : []) button.disabled = false;
});
document.addEventListener("htmx:sendError", (event) => tell("offline", event.detail.elt));
document.addEventListener("htmx:timeout", (event) => tell("offline", event.detail.elt));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const status = xhr.status;
  const drawn = [404, 409, 412, 422]; // what the desk itself says in a page
  const known = { 401: "signed-out", 403: "signed-out", 413: "too-large", 429: "too-fast" };
  if (!drawn.includes(status)) tell(xhr.getResponseHeader("X-Refused") ?? known[status] ?? "failed", event.detail.elt);
});
addEventListener("offline", () => tell("offline", failed));
addEventListener("online", () => failed ?? tell(""));

trouble?.addEventListener("click", async (event) => {
  if (event.target.closest("[data-dismiss]")) tell("");
  if (event.target.closest("[data-again]") && failed?.isConnected) {
    const element = failed;
    await renew_tokens();
    tell("");
    if (element.tagName === "FORM") element.requestSubmit();
    else element.click();
  }
});

/** Signing in again ends the tokens of the forms that lay open; the page itself has new ones. */
async function renew_tokens() {
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = $("input[name=csrfmiddlewaretoken]", page)?.value;
    if (!answer.ok || !token) return;
    for (const input of all("input[name=csrfmiddlewaretoken]")) input.value = token;
  } catch {
    // Still away: what follows says so.
  }
}

mark();
$(".row[aria-current]")?.scrollIntoView({ block: "nearest" });
