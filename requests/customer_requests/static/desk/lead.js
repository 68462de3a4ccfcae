// Draws the charts from the tables beside them, which say the same without a script.

const text = (cell) => cell.textContent.trim();

// The colours of the page, as they are in light or dark.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const rowsOf = (table) => [...table.tBodies[0].rows];

function trend(table) {
  const rows = rowsOf(table);
  const heads = [...table.tHead.rows[0].cells].map(text);
  const series = (column, fill) => ({
    label: heads[column],
    data: rows.map((row) => Number(row.cells[column].dataset.value)),
    backgroundColor: fill,
  });
  return {
    labels: rows.map((row) => text(row.cells[0])),
    datasets: [series(1, colour("--busy-ink")), series(2, colour("--line-strong"))],
  };
}

function speed(table, what) {
  const rows = rowsOf(table).filter((row) => row.querySelector(`[data-${what}-median]:not([data-${what}-median=""])`));
  const heads = [...table.tHead.querySelectorAll("[data-column]")].slice(0, 2).map(text);
  const hours = (row, part) => Number(row.querySelector(`[data-${what}-${part}]`).getAttribute(`data-${what}-${part}`)) / 60;
  return {
    labels: rows.map((row) => text(row.cells[0])),
    datasets: [
      { label: heads[0], data: rows.map((row) => hours(row, "median")), backgroundColor: colour("--busy-ink") },
      { label: heads[1], data: rows.map((row) => hours(row, "p90")), backgroundColor: colour("--line-strong") },
    ],
  };
}

function draw(place) {
  const table = document.getElementById(place.dataset.table);
  const lying = place.dataset.chart === "speed";
  const data = lying ? speed(table, place.dataset.columns) : trend(table);
  if (!data.labels.length) {
    (place.closest("figure") ?? place).hidden = true; // its caption too
    return;
  }
  if (lying) place.style.height = `${4 + data.labels.length * 3}rem`;
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true"); // the table is what is read aloud
  place.append(canvas);
  const ink = colour("--ink-soft");
  // Requests come whole; hours need not.
  const axis = { ticks: { color: ink, precision: lying ? undefined : 0 }, grid: { color: colour("--line") } };
  return new Chart(canvas, {
    type: "bar",
    data,
    options: {
      animation: false,
      maintainAspectRatio: false,
      indexAxis: lying ? "y" : "x",
      plugins: { legend: { labels: { color: ink } } },
      scales: { x: { ...axis, beginAtZero: true }, y: { ...axis, beginAtZero: true } },
    },
  });
}

const places = [...document.querySelectorAll("[data-chart]")];
let charts = places.map(draw);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  charts.forEach((chart) => chart?.destroy());
  places.forEach((place) => place.replaceChildren());
  charts = places.map(draw);
});
