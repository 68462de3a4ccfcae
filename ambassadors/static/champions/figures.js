// Draws the charts from the tables beside them, which say the same without a script.

const text = (cell) => cell.textContent.trim();

// The colours of the page, as they are in light or dark.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const value = (row, column) => Number(row.cells[column].dataset.value);

function trend(table, goal) {
  const rows = [...table.tBodies[0].rows];
  return {
    labels: rows.map((row) => text(row.cells[0])),
    datasets: [
      line(goal, rows.map((row) => value(row, 2))),
      { type: "bar", label: text(table.tHead.rows[0].cells[1]), data: rows.map((row) => value(row, 1)), backgroundColor: colour("--busy-ink"), maxBarThickness: 72 },
    ],
  };
}

function departments(table, place) {
  const rows = [...table.querySelectorAll("[data-drawn]")].slice(0, Number(place.dataset.most));
  const goal = Number(place.dataset.goalPercent);
  return {
    labels: rows.map((row) => text(row.cells[0])),
    datasets: [
      line(place.dataset.goal, rows.map(() => goal)),
      {
        type: "bar",
        label: text(table.tHead.rows[0].cells[1]),
        data: rows.map((row) => value(row, 1)),
        maxBarThickness: 72, // three departments are no walls
        // Exactly, as the table has it: what is drawn is rounded.
        backgroundColor: rows.map((row) => colour("reached" in row.dataset ? "--solved-ink" : "--line-strong")),
      },
    ],
  };
}

function line(label, data) {
  return { type: "line", label, data, borderColor: colour("--danger"), backgroundColor: colour("--danger"), borderWidth: 2, borderDash: [6, 4], pointRadius: 0 };
}

function draw(place) {
  const table = document.getElementById(place.dataset.table);
  const data = place.dataset.chart === "trend" ? trend(table, place.dataset.goal) : departments(table, place);
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true"); // the table is what is read aloud
  place.append(canvas);
  const ink = colour("--ink-soft");
  const axis = { ticks: { color: ink }, grid: { color: colour("--line") } };
  const percent = { ...axis, beginAtZero: true, ticks: { color: ink, callback: (number) => `${number}%` } };
  return new Chart(canvas, {
    data,
    options: {
      animation: false,
      maintainAspectRatio: false,
      plugins: { legend: { labels: { color: ink } } },
      scales: { x: axis, y: percent },
    },
  });
}

const places = [...document.querySelectorAll("[data-chart]")];
let charts = places.map(draw);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  charts.forEach((chart) => chart.destroy());
  places.forEach((place) => place.replaceChildren());
  charts = places.map(draw);
});
