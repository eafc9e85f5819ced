// The table of questions: filters, sorting, pages of rows.

const PAGE = 50;
// Places in a run's entry for a question.
const [RIGHT, TOLD, LOG_P, PROGRAM, QUERY, FUNCTIONS] = [0, 1, 2, 3, 4, 5];

const OUTCOMES = {
  all: ["All", () => true],
  right: ["Right", (a) => a?.[RIGHT] === 1],
  wrong: ["Wrong", (a) => a?.[RIGHT] === 0],
};
// With two runs side by side.
const COMPARED = {
  all: OUTCOMES.all,
  right: ["First right", OUTCOMES.right[1]],
  wrong: ["First wrong", OUTCOMES.wrong[1]],
  changed: ["Changed", (a, b) => a && b && a[RIGHT] !== b[RIGHT]],
  first: ["Only the first right", (a, b) => a?.[RIGHT] === 1 && b?.[RIGHT] === 0],
  second: ["Only the second right", (a, b) => a?.[RIGHT] === 0 && b?.[RIGHT] === 1],
  both: ["Both wrong", (a, b) => a?.[RIGHT] === 0 && b?.[RIGHT] === 0],
};

function questionTable(names, questions) {
  const $ = (id) => document.getElementById(id);
  const rows = questions.id.map((_, i) => i);
  const compare = names.length > 1;
  const outcomes = compare ? COMPARED : OUTCOMES;
  const state = { sort: null, descending: false, page: 0 };
  const texts = rows.map((i) =>
    [questions.id[i], questions.question[i], questions.answer[i],
      ...questions.runs.flatMap((run) => [run[i]?.[TOLD], run[i]?.[PROGRAM]])].join("\n").toLowerCase());

  const shown = () => (compare ? [+$("first").value, +$("second").value] : [0]);
  const entries = (i) => shown().map((run) => questions.runs[run][i]);
  const outcome = () => document.querySelector("[name=outcome]:checked")?.value ?? "all";

  // What the search and the two selects leave.
  function found() {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = $("function").value;
    const length = $("length").value;
    const fits = (entry) => entry && (!wanted || entry[FUNCTIONS].includes(wanted))
      && (!length || entry[FUNCTIONS].length === +length);
    return rows.filter((i) => words.every((word) => texts[i].includes(word))
      && ((!wanted && !length) || entries(i).some(fits)));
  }

  const keys = {
    question: (i) => questions.question[i].toLowerCase(),
    answer: (i) => questions.answer[i] ?? "",
    0: (i) => rank(entries(i)[0]),
    1: (i) => rank(entries(i)[1]),
  };
  // Wrong before right, and the surer of itself first.
  const rank = (entry) => (entry ? (entry[RIGHT] ?? 2) * 1e6 - entry[LOG_P] : 1e9);

  function head() {
    const cells = [["question", "Question"], ["answer", "Expected"]];
    shown().forEach((run, place) => cells.push([String(place), names[run], run]));
    $("question-head").replaceChildren(...cells.map(([key, text, run]) => {
      const label = element("span", { textContent: text });
      if (run !== undefined) {
        label.className = "run";
        label.style.setProperty("--c", `var(--run-${run})`);
      }
      const button = element("button", { type: "button" }, label);
      const cell = element("th", { scope: "col" }, button);
      if (state.sort === key) cell.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
      button.addEventListener("click", () => {
        state.descending = state.sort === key && !state.descending;
        state.sort = key;
        state.page = 0;
        draw();
        $("question-head").children[cells.findIndex((c) => c[0] === key)].firstChild.focus();
      });
      return cell;
    }));
  }

  function chips(left) {
    const chosen = outcome();
    const labels = Object.entries(outcomes).map(([value, [text, test]]) => {
      const count = left.filter((i) => test(...entries(i))).length;
      const input = element("input", { type: "radio", name: "outcome", value, checked: value === chosen });
      input.addEventListener("change", refilter);
      return element("label", {}, input, `${text} ${count.toLocaleString("en")}`);
    });
    const focused = document.activeElement?.name === "outcome";
    $("outcome").replaceChildren($("outcome").firstElementChild, ...labels);
    if (focused) document.querySelector("[name=outcome]:checked").focus();
  }

  function mark(entry) {
    const [name, sign, text] = [["wrong", "✗", "wrong"], ["right", "✓", "right"]][entry[RIGHT]] ?? ["", "?", "not known"];
    return element("span", { className: `mark ${name}`, title: text, role: "img", ariaLabel: text, textContent: sign });
  }

  // An expression a line.
  const lines = (program) => program.replaceAll(" ) ( ", " )\n( ");

  function told(entry) {
    const cell = element("td", { className: "told" });
    if (!entry) cell.append("–");
    else cell.append(mark(entry), entry[TOLD], element("span", { className: "program", textContent: lines(entry[PROGRAM]) }));
    return cell;
  }

  function detail(i) {
    const sides = shown().map((run) => {
      const entry = questions.runs[run][i];
      const name = element("strong", { className: "run", textContent: names[run] });
      name.style.setProperty("--c", `var(--run-${run})`);
      const list = element("dl");
      const line = (key, text, code) => text != null && list.append(
        element("dt", { textContent: key }),
        element("dd", {}, element(code ? "code" : "span", { textContent: text })));
      if (entry) {
        line("answer", entry[TOLD]);
        line("program", entry[PROGRAM], true);
        line("SQL", entry[QUERY], true);
        line("probability", `${+Math.exp(entry[LOG_P]).toPrecision(3)} (log ${entry[LOG_P]})`);
      }
      return element("div", {}, name, list);
    });
    const cell = element("td", { colSpan: 2 + sides.length },
      element("span", { className: "note", textContent: `${questions.id[i]} · expected: ${questions.answer[i] ?? "not known"}` }),
      element("div", { className: "sides" }, ...sides));
    return element("tr", { className: "detail" }, cell);
  }

  function row(i) {
    const button = element("button", { type: "button", textContent: questions.question[i] });
    button.setAttribute("aria-expanded", "false");
    const line = element("tr", {},
      element("td", { className: "ask" }, button),
      element("td", { className: "gold", textContent: questions.answer[i] ?? "–" }),
      ...entries(i).map(told));
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      if (open) line.nextSibling.remove();
      else line.after(detail(i));
    });
    return line;
  }

  function draw() {
    const left = found();
    chips(left);
    head();
    const test = outcomes[outcome()][1];
    const kept = left.filter((i) => test(...entries(i)));
    if (state.sort !== null) {
      const key = keys[state.sort];
      const sign = state.descending ? -1 : 1;
      const value = new Map(kept.map((i) => [i, key(i)]));
      // Numbers in texts count as numbers: q2 before q10.
      const texts = new Intl.Collator("en", { numeric: true });
      const compare = (a, b) =>
        typeof a === "string" && typeof b === "string" ? texts.compare(a, b) : a < b ? -1 : a > b ? 1 : 0;
      kept.sort((i, j) => sign * compare(value.get(i), value.get(j)) || i - j);
    }
    const begin = state.page * PAGE;
    $("question-rows").replaceChildren(...kept.slice(begin, begin + PAGE).map(row));
    const end = Math.min(begin + PAGE, kept.length);
    const all = kept.length.toLocaleString("en");
    $("count").textContent = kept.length ? `${begin + 1}–${end} of ${all} questions` : "no question fits";
    $("previous").disabled = begin === 0;
    $("next").disabled = end === kept.length;
  }

  function refilter() { state.page = 0; draw(); }

  function turn(by) {
    state.page += by;
    draw();
    $("questions").scrollIntoView();
  }

  const used = questions.runs.flatMap((run) => run.filter(Boolean).map((entry) => entry[FUNCTIONS]));
  const add = (id, values) => $(id).append(...values.map((value) => element("option", { value, textContent: value })));
  add("function", [...new Set(used.flat())].sort());
  add("length", [...new Set(used.map((f) => f.length))].sort((a, b) => a - b));
  $("search").addEventListener("input", refilter);
  for (const id of ["function", "length", "first", "second"]) $(id)?.addEventListener("change", refilter);
  $("previous").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  draw();
}
