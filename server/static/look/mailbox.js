// Loads the mailbox again every few seconds while the box is ticked and the page is in view.
// Without this script the link "Refresh" does the same by hand.
const box = document.getElementById("follow");
const KEY = "mailbox-follow";
const EVERY_MS = 5000;

const busy = () =>
  document.hidden || document.querySelector("details[open]") !== null || scrollY > 200;

box.closest("label").hidden = false;
box.checked = sessionStorage.getItem(KEY) === "on";
box.addEventListener("change", () => sessionStorage.setItem(KEY, box.checked ? "on" : "off"));
setInterval(() => {
  if (box.checked && !busy()) location.reload();
}, EVERY_MS);
