// Values under the pointer, and a closer look at a stretch of time. The page says all it has to say without this.
// Values are read back from the drawn paths, so nothing is told twice, and all text is set as text.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const CLOCK = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400];

  const axis = (text) => {
    const [from, to, scale, kind] = text.split(" ");
    return { from: +from, to: +to, log: scale === "log", kind };
  };
  const valueAt = (axis, share) =>
    axis.log ? axis.from * (axis.to / axis.from) ** share : axis.from + (axis.to - axis.from) * share;

  const digits = (value) => {
    const size = Math.abs(value);
    return value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  };
  const bytes = (value) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (Math.abs(value) >= 1000 && unit < 4) [value, unit] = [value / 1024, unit + 1];
    return `${digits(value)} ${units[unit]}`;
  };
  const seconds = (value) =>
    value < 1e-3 ? `${digits(value * 1e6)} µs` : value < 1 ? `${digits(value * 1e3)} ms` : `${digits(value)} s`;
  const clock = (value) => {
    if (value < 60) return `${+value.toFixed(2)} s`;
    const [days, hours] = [Math.floor(value / 86400), Math.floor(value / 3600) % 24];
    const [minutes, rest] = [Math.floor(value / 60) % 60, Math.floor(value % 60)];
    return [[days, "d"], [hours, "h"], [minutes, "m"], [rest, "s"]].filter(([n]) => n).map((part) => part.join("")).join(" ");
  };
  const shown = (value, kind) => {
    if (kind === "time") return clock(value);
    if (kind === "run") return `run ${Math.round(value)}`;
    if (kind === "percentile") return `p${+(100 * (1 - 1 / value)).toFixed(4)}`;
    if (kind === "seconds") return seconds(value);
    if (kind === "share") return `${digits(value * 100)} %`;
    if (kind === "bytes") return bytes(value);
    if (kind.startsWith("bytes_per_")) return `${bytes(value)}/${kind.slice(10)}`;
    return digits(value) + (kind === "per_second" ? "/s" : kind === "per_hour" ? "/h" : "");
  };

  const pointsOf = (path) => {
    const points = [];
    for (const [, x, y] of path.getAttribute("d").matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)) points.push([+x, +y]);
    return points;
  };
  const nearest = (points, x) => {
    let [low, high] = [0, points.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] <= x) low = middle; else high = middle;
    }
    return Math.abs(points[low][0] - x) <= Math.abs(points[high][0] - x) ? low : high;
  };
  // A column may have several: all of them, so that a peak is told as a peak.
  const extremes = (points, x, reach) => {
    const place = nearest(points, x);
    const at = points[place][0];
    if (Math.abs(at - x) > reach) return null;
    const same = [];
    for (let one = place; one >= 0 && points[one][0] === at; one--) same.push(points[one][1]);
    for (let one = place + 1; one < points.length && points[one][0] === at; one++) same.push(points[one][1]);
    return [Math.max(...same), Math.min(...same)];
  };

  const read = (svg) => {
    const data = svg.querySelector("svg.data");
    const [, , width, height] = data.getAttribute("viewBox").split(" ").map(Number);
    const top = +svg.dataset.top;
    const layers = () => [...data.querySelectorAll("path[data-name]")].filter((path) => path.dataset.name);
    let known = null;
    const lines = () => (known ??= layers().map((path) => ({ path, name: path.dataset.name, points: pointsOf(path) })).filter((line) => line.points.length));
    return { svg, data, width, height, top, lines, x: axis(svg.dataset.x), y: axis(svg.dataset.y), range: svg.dataset.x, view: [0, width] };
  };
  const plots = [...document.querySelectorAll("svg.plot")].map(read);
  const siblings = (plot) => (plot.x.kind === "time" ? plots.filter((one) => one.range === plot.range) : [plot]);

  const line = (plot, name) => {
    let element = plot.svg.querySelector(`.${name}`);
    if (!element) {
      element = document.createElementNS(SVG, name === "cursor" ? "line" : "rect");
      element.setAttribute("class", name);
      element.setAttribute("y1", plot.top);
      element.setAttribute("y2", plot.top + plot.height);
      element.setAttribute("y", plot.top);
      element.setAttribute("height", plot.height);
      plot.svg.append(element);
    }
    return element;
  };
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;

  const show = (plot, share) => {
    const [from, to] = plot.view;
    const x = from + (to - from) * share;
    const rows = [shown(valueAt(plot.x, x / plot.width), plot.x.kind)];
    for (const { name, points } of plot.lines()) {
      const found = extremes(points, x, (to - from) * 0.02);
      if (!found) continue;
      const told = found.map((y) => shown(valueAt(plot.y, 1 - y / plot.height), plot.y.kind));
      rows.push(`${name}: ${told[0] === told[1] ? told[0] : `${told[1]} to ${told[0]}`}`);
    }
    tip.replaceChildren(...rows.map((row, place) => {
      const element = document.createElement(place ? "div" : "b");
      element.textContent = row;
      return element;
    }));
    const figure = plot.svg.parentElement;
    figure.append(tip);
    tip.hidden = false;
    const room = figure.clientWidth;
    const left = share * room;
    tip.style.left = `${Math.max(0, left + 14 + tip.offsetWidth > room ? left - 14 - tip.offsetWidth : left + 14)}px`;
    tip.style.top = `${plot.svg.getBoundingClientRect().top - figure.getBoundingClientRect().top + plot.top + 4}px`;
    for (const one of siblings(plot)) {
      const cursor = line(one, "cursor");
      cursor.setAttribute("x1", `${share * 100}%`);
      cursor.setAttribute("x2", `${share * 100}%`);
    }
  };
  const hide = () => {
    tip.hidden = true;
    document.querySelectorAll(".cursor").forEach((cursor) => cursor.remove());
  };

  const percent = (plot, x) => `${((x - plot.view[0]) / (plot.view[1] - plot.view[0])) * 100}%`;
  const look = (plot, from, to) => {
    plot.view = [from, to];
    plot.data.setAttribute("viewBox", `${from} 0 ${to - from} ${plot.height}`);
    for (const name of plot.svg.querySelectorAll("[data-from]")) {
      const [begin, end] = [Math.max(from, +name.dataset.from), Math.min(to, +name.dataset.to)];
      name.setAttribute("x", percent(plot, begin));
      name.setAttribute("width", `${Math.max(0, ((end - begin) / (to - from)) * 100)}%`);
    }
    for (const name of plot.svg.querySelectorAll("[data-at]")) {
      const inside = +name.dataset.at >= from && +name.dataset.at <= to;
      name.setAttribute("x", percent(plot, +name.dataset.at));
      name.setAttribute("display", inside ? "inline" : "none");
    }
    ticks(plot);
  };
  const ticks = (plot) => {
    const group = plot.svg.querySelector("g.x");
    plot.ticks ??= [...group.children];
    const [from, to] = plot.view;
    if (from === 0 && to === plot.width) return group.replaceChildren(...plot.ticks);
    const [begin, end] = [from, to].map((x) => valueAt(plot.x, x / plot.width));
    const least = (end - begin) / 6;
    const step = CLOCK.find((one) => one >= least && end - begin >= 2) ?? 10 ** Math.ceil(Math.log10(least));
    const all = [];
    for (let at = Math.ceil(begin / step) * step; at <= end; at += step) {
      const text = plot.ticks[0].cloneNode(false);
      text.textContent = clock(at);
      text.setAttribute("x", `${((at - begin) / (end - begin)) * 100}%`);
      text.setAttribute("text-anchor", "middle");
      all.push(text);
    }
    group.replaceChildren(...all);
  };

  for (const plot of plots) {
    const share = (event) => {
      const box = plot.svg.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    };
    let begun = null;
    plot.svg.addEventListener("pointermove", (event) => {
      show(plot, share(event));
      if (begun === null) return;
      const [from, to] = [begun, share(event)].sort((one, other) => one - other);
      const chosen = line(plot, "chosen");
      chosen.setAttribute("x", `${from * 100}%`);
      chosen.setAttribute("width", `${(to - from) * 100}%`);
    });
    plot.svg.addEventListener("pointerleave", () => begun === null && hide());
    if (plot.x.kind !== "time") continue;
    plot.svg.addEventListener("pointerdown", (event) => {
      if (event.button || event.pointerType === "touch") return;
      begun = share(event);
      plot.svg.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    plot.svg.addEventListener("pointerup", (event) => {
      plot.svg.querySelector(".chosen")?.remove();
      if (begun === null) return;
      const [from, to] = [begun, share(event)].sort((one, other) => one - other);
      begun = null;
      const [left, right] = plot.view;
      if (to - from > 0.01) siblings(plot).forEach((one) => look(one, left + (right - left) * from, left + (right - left) * to));
    });
    plot.svg.addEventListener("dblclick", () => siblings(plot).forEach((one) => look(one, 0, one.width)));
  }
  document.querySelectorAll(".hint").forEach((hint) => (hint.hidden = false));
})();
