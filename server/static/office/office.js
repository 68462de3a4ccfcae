// Unfold makes some things pressable with a mouse alone, and leaves some without a name.
// This gives them to keyboards and screen readers too.

const NATIVE = "a[href], button, input, select, textarea, label, summary, form";
const all = (selector) => document.querySelectorAll(selector);

function pressable(element) {
  if (element.matches(NATIVE) || element.matches("nav, body, html")) return;
  if (element.hasAttribute("tabindex")) return;
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  if (element.matches(".material-symbols-outlined")) element.ariaLabel = "Menu";
  element.addEventListener("keydown", (event) => {
    if (event.target !== element || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    element.click();
  });
}

/** The words in an element, without its pictures: those are letters in a font. */
function words(element) {
  const copy = element.cloneNode(true);
  for (const icon of copy.querySelectorAll(".material-symbols-outlined, svg")) icon.remove();
  return copy.textContent.trim();
}

/** What is only a picture is called as its title, as its field, or as what stands beside it. */
function named(element) {
  if (element.ariaLabel || words(element)) return;
  element.ariaLabel =
    element.title ||
    element.form?.querySelector("[placeholder]")?.placeholder ||
    words(element.parentElement).slice(0, 80) ||
    "Menu";
}

/** select2 puts other elements in a field's place, and does not take its label along. */
function chosen(select) {
  const label = select.labels?.[0]?.textContent.replace("*", "").trim();
  const shown = select.nextElementSibling;
  if (!label || !shown?.matches(".select2")) return;
  for (const part of shown.querySelectorAll("[role=combobox], [role=textbox], [type=search]")) {
    part.removeAttribute("aria-labelledby");
    part.ariaLabel = label;
  }
}

function improve() {
  const main = document.getElementById("main");
  if (main && !main.hasAttribute("role")) main.setAttribute("role", "main");
  all("[x-on\\:click]").forEach(pressable);
  all("a[href], button, [role=button]").forEach(named);
  all("select.select2-hidden-accessible").forEach(chosen);
  const open = document.querySelector(".select2-container--open [role=combobox]");
  all(".select2-search--dropdown [type=search]").forEach((field) => {
    field.ariaLabel = open?.ariaLabel ?? field.ariaLabel;
  });
  all("#searchbar").forEach((field) => (field.ariaLabel ??= field.placeholder));
  all(".material-symbols-outlined:not([role])").forEach((icon) => (icon.ariaHidden = "true"));
  all(".simplebar-content-wrapper:not(:has(> .simplebar-content > *))").forEach((box) =>
    box.removeAttribute("tabindex"),
  );
}

addEventListener("load", () => {
  improve();
  // What comes later, such as the list of a select2 field.
  let soon = 0;
  new MutationObserver(() => {
    cancelAnimationFrame(soon);
    soon = requestAnimationFrame(improve);
  }).observe(document.body, { childList: true, subtree: true });
});
