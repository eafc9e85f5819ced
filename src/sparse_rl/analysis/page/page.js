// Unpacks the data and fills the page.

const CHARTS = [
  { title: "Greedy accuracy on dev", note: "at every validation", share: true, lines: [["val/greedy_accuracy"]] },
  { title: "Coverage of the memory", note: "questions with a rewarded program", share: true, lines: [["memory/coverage"]] },
  { title: "Programs in the memory", note: "solid: rewarded, B; dashed: unrewarded, C", lines: [["memory/b", "B"], ["memory/c", "C", "5 4"]] },
  {
    title: "Mass on rewarded programs", note: "π_B, mean over a step; band: 10 % to 90 % quantile", share: true,
    lines: [["train/pi_b_mean"]], band: ["train/pi_b_q10", "train/pi_b_q90"],
  },
  { title: "Mass on the rest", note: "solid: unexplored; dashed: unrewarded, C", share: true, lines: [["train/pi_u_mean", "unexplored"], ["train/pi_c_mean", "C", "5 4"]] },
];
const SHARES = /accuracy|coverage|pi_[bcu]_|clip_rate|fresh_rewarded|answerable/;

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

// Horizontal axes other than steps: logged metric, unit, name.
const AXES = {
  minutes: ["seconds/training", 60, "training minutes"],
  programs: ["programs/executed", 1, "programs executed"],
};

// Place of a step on an axis, between the validations that logged it; null if none did.
function along(run, [metric, unit]) {
  const [steps, values] = run.metrics[metric] ?? [[], []];
  const known = [[0, 0], ...steps.map((step, i) => [step, values[i] / unit])];
  return (step) => {
    const next = known.findIndex((point) => point[0] >= step);
    if (known.length < 2) return null;
    const [a, b] = next > 0 ? [known[next - 1], known[next]] : next === 0 ? [known[0], known[1]] : known.slice(-2);
    return a[1] + ((b[1] - a[1]) * (step - a[0])) / (b[0] - a[0] || 1);
  };
}

function curves(runs) {
  const holder = document.getElementById("charts");
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort();
  const choice = element("select", { ariaLabel: "Another metric" }, ...names.map((name) => element("option", { textContent: name })));
  choice.value = names.includes("train/loss") ? "train/loss" : names[0] ?? "";
  const figures = [...CHARTS, null].map((chart) => {
    const note = element("span", { className: "note", textContent: chart ? chart.note : "any other metric" });
    const caption = element("figcaption", {}, chart ? chart.title : choice, note);
    const figure = element("figure", {}, caption);
    holder.append(figure);
    return [figure, chart];
  });

  function draw() {
    const axis = AXES[document.querySelector("[name=axis]:checked").value];
    const whole = document.getElementById("zero").checked;
    for (const [figure, given] of figures) {
      const chart = given ?? { share: SHARES.test(choice.value), lines: [[choice.value]] };
      const series = runs.flatMap((run, index) => {
        const at = axis ? along(run, axis) : (step) => step;
        const points = (name) => {
          const [steps, values] = run.metrics[name] ?? [[], []];
          return steps.map((step, i) => [at(step), values[i]]).filter((point) => point[0] !== null);
        };
        return chart.lines.map(([metric, part, dash]) => {
          const [low, high] = (chart.band ?? []).map(points);
          return {
            name: part ? `${run.name}, ${part}` : run.name,
            color: `var(--run-${index})`,
            // Wider below, so that lines on top of each other can be seen.
            width: 1.6 + 1.4 * (runs.length - 1 - index),
            dash,
            points: points(metric),
            band: low ? low.map((point, i) => [...point, high[i][1]]) : [],
          };
        });
      });
      drawChart(figure, { series, share: chart.share, whole, xName: axis ? axis[2] : "steps" });
    }
  }
  for (const input of [...document.querySelectorAll("[name=axis], #zero"), choice]) input.addEventListener("change", draw);
  draw();
}

// Tables that are in the page from the start.
function sortable(table) {
  const buttons = table.querySelectorAll("thead button");
  buttons.forEach((button, column) => button.addEventListener("click", () => {
    const head = button.closest("th");
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of buttons) other.closest("th").removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const key = (row) => {
      const { dataset, textContent } = row.children[column];
      return dataset.sort === undefined ? textContent : +dataset.sort;
    };
    const rows = [...table.tBodies[0].rows].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    table.tBodies[0].append(...(descending ? rows.reverse() : rows));
  }));
}

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.style.colorScheme || (dark ? "dark" : "light");
  root.style.colorScheme = now === "dark" ? "light" : "dark";
});
document.querySelectorAll("table.sortable").forEach(sortable);
unpack(document.getElementById("data").textContent).then((data) => {
  curves(data.runs);
  questionTable(data.runs.map((run) => run.name), data.questions);
  document.documentElement.dataset.ready = "yes";
});
