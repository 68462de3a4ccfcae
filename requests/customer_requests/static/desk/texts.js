// Canned texts: found while typing, and put in the composer where the cursor was.

const dialog = () => document.getElementById("act-dialog");
const field = (id) => document.getElementById(id);

document.addEventListener("input", (event) => {
  if (event.target.id !== "texts-find") return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const item of document.querySelectorAll(".texts-list > li")) {
    item.hidden = !item.dataset.name.toLowerCase().includes(wanted);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "texts-find" || event.key !== "Enter") return;
  event.preventDefault();
  const first = [...document.querySelectorAll(".texts-list > li")].find((item) => !item.hidden);
  first?.querySelector("button")?.focus();
});

function put(area, words) {
  if (!area || !words) return false;
  const details = area.closest("details");
  if (details) details.open = true;
  const at = area.selectionStart ?? area.value.length;
  const before = area.value.slice(0, at);
  const gap = before && !/\s$/.test(before) ? "\n" : "";
  area.setRangeText(gap + words, at, area.selectionEnd ?? at, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-use-text]");
  if (!button) return;
  const item = button.closest("li");
  const words = (audience) => item.querySelector(`[data-for="${audience}"]`)?.textContent ?? "";
  // What is meant for the team goes in the note and nowhere else, and the other way round.
  const customer = put(field("reply-text"), words("customer"));
  // Never where the customer would read it, also where there are no words for the customer.
  const employee = put(field("reply-employee"), words("employee"));
  const said = customer || employee;
  if (!said || field("write-note")?.checked) put(field("note-text"), words("note"));
  dialog()?.close();
  const way = said ? field("write-update") : field("write-note");
  if (way && !way.checked && !(said && document.querySelector("[name=mode]:checked")?.value !== "note")) way.click();
  field(customer ? "reply-text" : employee ? "reply-employee" : "note-text")?.focus();
});
