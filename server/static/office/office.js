// Unfold makes some things pressable with a mouse alone, and leaves some without a name.
// This gives them to keyboards and screen readers too.

const NATIVE = "a[href], button, input, select, textarea, label, summary, form";
const all = (selector) => document.querySelectorAll(selector);

function pressable(element) {
  if (element.matches(NATIVE) || element.matches("nav, body, html")) return;
  if (element.hasAttribute("tabindex")) return;
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  if (element.matches(".material-symbols-outlined")) element.setAttribute("aria-label", "Menu");
  element.addEventListener("keydown", (event) => {
    if (event.target !== element || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    element.click();
  });
}

/** A button that is only a picture is called as its field, or as its title. */
function named(button) {
  const words = [...button.childNodes]
    .filter((node) => !node.matches?.(".material-symbols-outlined, svg"))
    .map((node) => node.textContent.trim())
    .join("");
  const name = button.title || button.form?.querySelector("[placeholder]")?.placeholder;
  if (!words && name && !button.ariaLabel) button.ariaLabel = name;
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
  all("button, #main a").forEach(named);
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
