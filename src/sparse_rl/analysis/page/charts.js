"use strict";
// Line charts as inline SVG.
// A series: {name, color, width, dash, points: [[x, y]], band: [[x, low, high]]}.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = { width: 420, height: 230, left: 50, right: 12, top: 10, bottom: 36 };

function svg(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (parent) parent.append(node);
  return node;
}

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

// Round numbers from low to high, about `count` of them.
function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((m) => m * power >= rough * 0.999) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => +((first + i) * step).toPrecision(12));
}

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e4) return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
  if (size && size < 1e-3) return value.toExponential(1);
  return String(+value.toPrecision(4));
}

const percent = (value) => `${+(100 * value).toFixed(1)} %`;

// The axis from zero (to one, for shares), or just around the data.
function yRange(series, share, whole) {
  const values = series.flatMap((s) => [...s.points.map((p) => p[1]), ...s.band.flatMap((b) => [b[1], b[2]])]);
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (whole && share) return [0, 1];
  if (whole) [low, high] = [Math.min(0, low), Math.max(0, high)];
  if (low === high) [low, high] = [low - (share ? 0.01 : 1), high + (share ? 0.01 : 1)];
  const step = ticks(low, high, 5);
  const width = step.length > 1 ? step[1] - step[0] : high - low;
  [low, high] = [Math.floor(low / width + 1e-9) * width, Math.ceil(high / width - 1e-9) * width];
  return share ? [Math.max(0, low), Math.min(1, high)] : [low, high];
}

// Draws into a figure; `share` says that values are shares of one.
function drawChart(figure, { series, xName, share, whole }) {
  figure.querySelector("svg")?.remove();
  figure.querySelector(".empty")?.remove();
  series = series.filter((s) => s.points.length);
  if (!series.length) {
    figure.append(element("p", { className: "note empty", textContent: "Not logged by these runs." }));
    return;
  }
  const format = share ? percent : short;
  const { width, height, left, right, top, bottom } = SIZE;
  const xMax = Math.max(...series.flatMap((s) => s.points.map((p) => p[0])));
  const [yMin, yMax] = yRange(series, share, whole);
  const x = (value) => left + (value / (xMax || 1)) * (width - left - right);
  const y = (value) => height - bottom - ((value - yMin) / (yMax - yMin)) * (height - top - bottom);
  const last = series.map((s) => `${s.name} ${format(s.points.at(-1)[1])}`).join(", ");
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Last values: ${last}` }, figure);

  for (const value of ticks(yMin, yMax, 5)) {
    svg("line", { class: "gridline", x1: left, x2: width - right, y1: y(value), y2: y(value) }, root);
    svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, root).textContent = format(value);
  }
  for (const value of ticks(0, xMax, 5)) {
    svg("line", { class: "axis", x1: x(value), x2: x(value), y1: height - bottom, y2: height - bottom + 4 }, root);
    svg("text", { x: x(value), y: height - bottom + 16, "text-anchor": "middle" }, root).textContent = short(value);
  }
  svg("line", { class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }, root);
  svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, root).textContent = xName;

  for (const s of series) {
    const path = (points) => points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ");
    const style = `--c: ${s.color}; --width: ${s.width}px`;
    if (s.band.length) {
      const upper = s.band.map(([a, , high]) => [a, high]);
      const lower = s.band.map(([a, low]) => [a, low]).reverse();
      svg("polygon", { class: "band", style, points: path([...upper, ...lower]) }, root);
    }
    svg("polyline", { class: "line", style, "stroke-dasharray": s.dash || "none", points: path(s.points) }, root);
    if (s.points.length < 30) {
      for (const [a, b] of s.points) svg("circle", { class: "dot", style, cx: x(a), cy: y(b), r: 2.4 }, root);
    }
  }
  readOut(figure, root, series, { x, xMax, xName, format });
}

// Names the values beside the pointer.
function readOut(figure, root, series, { x, xMax, xName, format }) {
  const { width, height, left, right, top, bottom } = SIZE;
  const cursor = svg("line", { class: "cursor", y1: top, y2: height - bottom, visibility: "hidden" }, root);
  let tip = null;
  const leave = () => { tip?.remove(); tip = null; cursor.setAttribute("visibility", "hidden"); };
  root.addEventListener("pointerleave", leave);
  root.addEventListener("pointermove", (event) => {
    const box = root.getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * width;
    const at = Math.min(Math.max((place - left) / (width - left - right), 0), 1) * xMax;
    const near = (points) => points.reduce((a, b) => (Math.abs(b[0] - at) < Math.abs(a[0] - at) ? b : a));
    const nearest = near(series.map((s) => near(s.points)));
    leave();
    cursor.setAttribute("visibility", "visible");
    cursor.setAttribute("x1", x(nearest[0]));
    cursor.setAttribute("x2", x(nearest[0]));
    tip = element("div", { className: "tip" }, element("div", { className: "note", textContent: `${short(nearest[0])} ${xName}` }));
    for (const s of series) {
      const label = element("span", { className: "run", textContent: s.name });
      label.style.setProperty("--c", s.color);
      tip.append(element("div", {}, label, element("span", { textContent: format(near(s.points)[1]) })));
    }
    figure.append(tip);
    const across = ((x(nearest[0]) / width) * box.width);
    tip.style.left = `${across > box.width / 2 ? across - tip.offsetWidth - 10 : across + 10}px`;
    tip.style.top = `${root.offsetTop + 12}px`;
  });
}
