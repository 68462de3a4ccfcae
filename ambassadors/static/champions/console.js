// What every page of the console does with a script; without one all of it works as well.

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

for (const element of all(".needs-script")) element.hidden = false;

// What is chosen once is kept at once, without a button.
for (const form of all("form[data-at-once]")) {
  for (const button of all("button[type=submit]", form)) button.hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}

// Where pages stand in a line that slides, the one that this is comes into sight.
for (const line of all(".bar-links, .post-tabs")) {
  const here = line.querySelector("[aria-current]");
  const last = here && here === line.querySelector("a:last-of-type");
  if (here) line.scrollLeft = last ? line.scrollWidth : here.offsetLeft - line.clientWidth / 4;
}

const openMenu = () => document.querySelector("details.menu[open]");

document.addEventListener("click", (event) => {
  const menu = openMenu();
  if (menu && !menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = openMenu();
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
