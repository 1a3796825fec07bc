// Puts the page together: summary, filters, legend, and the sections under the grid.
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
const MOST = 200;  // lines of a table; the CSV has all
const filter = {...NOTHING};
const grid = new Grid(showCell);

function apply() {
  const found = filtered(filter);
  byId("count").textContent = found.hosts.length === total ? plural(total, "host") : `${grouped(found.hosts.length)} of ${plural(total, "host")}`;
  for (const tile of byId("tiles").children) tile.setAttribute("aria-pressed", String(tile.dataset.condition === filter.condition));
  grid.show(found);
}

function tiles() {
  const counts = new Map(counted(conditions));
  // The best first, since it stands for most of the hosts.
  for (const [condition, outcome, always] of [...data.conditions].reverse()) {
    if (!counts.get(condition) && !always) continue;
    const tile = make("button", {type: "button", "data-condition": condition},
      make("strong", {}, grouped(counts.get(condition) || 0)), sign(outcome), ` ${condition}`);
    tile.addEventListener("click", () => { filter.condition = filter.condition === condition ? "" : condition; apply(); });
    byId("tiles").append(tile);
  }
}

function kernels() {
  const all = counted(hosts.kernel.map((number) => text(number) || "unknown")), most = 6;
  const lines = all.slice(0, all.length > most ? most - 1 : most);
  const rest = all.slice(lines.length);
  if (rest.length) lines.push([plural(rest.length, "other kernel"), rest.reduce((sum, [, count]) => sum + count, 0)]);
  const longest = Math.max(...lines.map(([, count]) => count), 1), step = 17;
  const drawing = make("svg", {viewBox: `0 0 560 ${lines.length * step}`, role: "img",
    "aria-label": `Kernels: ${lines.map(([name, count]) => `${name} on ${plural(count, "host")}`).join(", ")}`});
  lines.forEach(([name, count], place) => {
    const y = place * step, width = Math.max(2, (count / longest) * 300);
    const label = name.length > 24 ? `${name.slice(0, 23)}…` : name;
    drawing.append(make("text", {x: 160, y: y + 12, "text-anchor": "end"}, label, make("title", {}, name)),
      make("rect", {x: 172, y: y + 3, width, height: 11, rx: 3}), make("text", {x: 180 + width, y: y + 12, class: "soft"}, grouped(count)));
  });
  byId("kernels").append(drawing);
}

function filters() {
  const options = {
    group: counted(data.groups.flatMap((row) => row.map(text))).map(([name]) => name).sort(),
    kernel: counted(hosts.kernel.map(text)).map(([name]) => name).filter(Boolean),
    reason: data.codes.reason.map(([name]) => name),
    advice: data.codes.advice.map(([name]) => name),
  };
  for (const [name, values] of Object.entries(options)) {
    byId(name).append(make("option", {value: ""}, "any"), ...values.map((value) => make("option", {value}, value)));
    byId(name).addEventListener("change", () => { filter[name] = byId(name).value; apply(); });
  }
  byId("search").addEventListener("input", () => { filter.search = byId("search").value; apply(); });
  byId("changed").addEventListener("change", () => { filter.changed = byId("changed").checked; apply(); });
  byId("changed-label").hidden = !data.changes;
  byId("filters").addEventListener("reset", () => { Object.assign(filter, NOTHING); setTimeout(apply); });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") byId("grid").focus(); });
}

function legend() {
  const used = new Set(data.cells.map((_, number) => cellOf(number).outcome));
  const items = [...OUTCOMES].reverse().filter(([name]) => used.has(name)).map(([name, {when}]) => make("li", {}, sign(name), ` ${when}`));
  items.push(make("li", {}, make("span", {class: "mark advice", "aria-hidden": "true"}, "\u00a0"), " with advice"));
  if (data.changes) items.push(make("li", {}, make("span", {class: "mark changed", "aria-hidden": "true"}, "\u00a0"), " changed since the earlier report"));
  byId("legend").append(...items);
}

function table(heads, lines) {
  const numeric = (value) => (typeof value === "number" ? {class: "number"} : {});
  const row = (tag, cells) => make("tr", {}, ...cells.map((cell) => make(tag, numeric(cell), typeof cell === "number" ? grouped(cell) : cell)));
  return make("div", {class: "scroll", tabindex: 0, role: "group", "aria-label": heads.filter(Boolean).join(", ")}, make("table", {}, make("thead", {}, row("th", heads)), make("tbody", {}, ...lines.slice(0, MOST).map((line) => row("td", line)))));
}

function section(id, title, ...content) {
  byId(id).append(make("h2", {}, title), ...content);
  byId(id).hidden = false;
}

function some(names, count) {
  return names.join(", ") + (count > names.length ? ` and ${grouped(count - names.length)} more` : "");
}

function changes() {
  if (!data.changes) return;
  const {rows: lines, appeared, gone} = data.changes;
  const parts = [];
  if (appeared.length) parts.push(make("p", {}, `New: ${some(appeared.slice(0, 3), appeared.length)}.`));
  if (gone.length) parts.push(make("p", {}, `No longer there: ${some(gone.slice(0, 3), gone.length)}.`));
  if (lines.length) parts.push(table(["what", "was", "is", "hosts", ""], lines.map(([what, was, is, count, names]) => [what, was, is, count, some(names, count)])));
  if (lines.length > MOST) parts.push(make("p", {class: "soft"}, `${lines.length - MOST} more kinds of change are not shown.`));
  section("changes", "Changes since the earlier report", ...(parts.length ? parts : [make("p", {}, "None.")]));
}

function sockets() {
  if (!data.sockets) return;
  const {states} = data.sockets, seen = socketRows;
  const sum = (name) => seen.reduce((count, row) => count + row[name], 0);
  const connections = sum("connections"), kept = sum("keepalive");
  const parts = [make("p", {}, `Keepalive reaches ${grouped(kept)} of ${plural(connections, "connection")} on ${plural(seen.length, "host")}. `,
    make("meter", {min: 0, max: Math.max(1, connections), value: kept, "aria-label": "Connections with keepalive"}))];
  const restarts = counted(seen.flatMap((row) => row.restarts.map(text)));
  if (restarts.length) parts.push(make("h3", {}, "Services to restart"), table(["hosts", "service"], restarts.map(([service, count]) => [count, service])));
  const worst = [...seen].sort((a, b) => (b.percent || 0) - (a.percent || 0) || b.time_wait - a.time_wait).slice(0, MOST);
  const used = states.map((state, place) => [state, place]).filter(([, place]) => seen.some((row) => row.counts[place]));
  parts.push(make("h3", {}, `Hosts by TIME-WAIT${seen.length > MOST ? `, the first ${MOST}` : ""}`),
    table(["host", "% of local ports", ...used.map(([state]) => state), "with keepalive", "connections"],
      worst.map((row) => [hosts.name[row.host], row.percent === null ? "not known" : row.percent, ...used.map(([, place]) => row.counts[place]), row.keepalive, row.connections])));
  section("sockets", "Sockets", ...parts);
}

function notes() {
  const parts = [];
  if (data.duplicates.length) {
    parts.push(make("p", {}, `${plural(data.duplicates.length, "host")} had several reports; the newest, named first, counts.`),
      table(["host", "reports"], data.duplicates.map(([name, paths]) => [name, paths.join(", ")])));
  }
  if (data.unread.length) parts.push(make("p", {}, `${plural(data.unread.length, "file")} could not be used.`), table(["file", "why"], data.unread));
  if (parts.length) section("notes", "Notes", ...parts);
}

byId("about").textContent = `${plural(total, "host")}, ${plural(keys.length, "key")}, ${data.made.replace("T", " ").replace("Z", " UTC")}, fleetnet.linux_tcp ${data.version}`;
tiles();
kernels();
filters();
legend();
changes();
sockets();
notes();
apply();
