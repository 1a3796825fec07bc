// The panel: the values behind a cell, or all there is about a host.
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
const panel = byId("panel");
const when = (host) => new Date((data.origin + hosts.time[host]) * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");
const sign = (outcome) => make("span", {class: `mark s-${outcome}`, "aria-hidden": "true"}, OUTCOMES.get(outcome).sign);
const shown = (value) => (value === null ? make("span", {class: "soft"}, "not known") : value === "" ? make("span", {class: "soft"}, "empty") : make("code", {}, value));

// Columns with a label that the panel shows in a way of its own; any other has a line.
const OWN_LINE = new Set(["running", "after_reboot", "target"]);

function rows(pairs) {
  const list = make("dl");
  for (const [name, ...values] of pairs) list.append(make("dt", {}, name), make("dd", {}, ...values));
  return list;
}

function showCell(host, column) {
  panel.replaceChildren();
  if (host < 0) { panel.append(make("p", {class: "soft"}, "No host is left by the filters.")); return; }
  if (column < 0) { showHost(host); return; }
  const key = keys[column], number = hosts.cells[column][host], cell = cellOf(number);
  panel.append(make("h2", {}, key.key), make("p", {class: "soft"}, [key.meaning, key.unit && `(${key.unit})`].filter(Boolean).join(" ")));
  if (!cell) {
    panel.append(make("p", {}, hosts.name[host], text(hosts.message[host]) ? `: ${text(hosts.message[host])}` : ": nothing is known of this key."));
  } else {
    const same = hosts.cells[column].reduce((count, other) => count + (other === number), 0);
    panel.append(make("p", {}, sign(cell.outcome), ` ${OUTCOMES.get(cell.outcome).when}${cell.reason ? `: ${cell.reason}` : ""}`));
    if (cell.detail) panel.append(make("p", {}, cell.detail));
    panel.append(rows([
      ["wanted", shown(cell.wanted)],
      cell.target !== cell.wanted ? ["to be", cell.target === null ? "as before" : shown(cell.target)] : null,
      [cell.status === "applied" ? "ran before" : "running", shown(cell.running)],
      ["after reboot", ...(cell.after_reboot === null ? [make("span", {class: "soft"}, "the kernel's own, nothing sets it")]
        : [shown(cell.after_reboot), make("br"), make("span", {class: "soft"}, "by "), cell.decided_by])],
      ["kernel's own", ...(cell.default_estimated ? ["about "] : []), shown(cell.default)],
      ...columns.filter(({name, label}) => label && !OWN_LINE.has(name)).map(({name, label}) => [label, shown(cell[name])]),
      ["alike", plural(same, "host")],
    ].filter(Boolean)));
    const before = changedCells.get(host) && changedCells.get(host).get(column);
    if (before) panel.append(make("h3", {}, "Before"), make("p", {}, before));
    if (cell.advice.length) {
      panel.append(make("h3", {}, "Advice"), make("ul", {}, ...cell.advice.map(({code, message}) => make("li", {}, make("code", {}, code), make("br"), message))));
    }
  }
  panel.append(make("h3", {}, "Host"), hostRows(host));
}

function hostRows(host) {
  const memory = hosts.memory_mb[host];
  return rows([
    ["name", hosts.name[host]], ["groups", groupsOf(host).join(", ") || "none"], ["kernel", text(hosts.kernel[host]) || "unknown"],
    memory ? ["memory", `${grouped(memory)} MiB`] : null, text(hosts.namespace[host]) === "container" ? ["network", "a container's"] : null,
    ["report", `${when(host)}, ${text(hosts.playbook[host])}`], ["file", `${text(hosts.folder[host])}/${hosts.file[host] < 0 ? `${hosts.name[host]}.tcp.json` : text(hosts.file[host])}`],
  ].filter(Boolean));
}

function showHost(host) {
  panel.append(make("h2", {}, hosts.name[host]), make("p", {}, conditions[host]));
  if (text(hosts.message[host])) panel.append(make("p", {}, text(hosts.message[host])));
  panel.append(hostRows(host));
  const outcomes = counted(hosts.cells.map((column) => column[host]).filter((number) => number >= 0).map((number) => cellOf(number).outcome));
  if (outcomes.length) panel.append(make("h3", {}, "Keys"), rows(outcomes.map(([outcome, count]) => [make("span", {}, sign(outcome), ` ${count}`), OUTCOMES.get(outcome).when])));
  const seen = socketsOf.get(host);
  if (!seen) return;
  panel.append(make("h3", {}, "Sockets"), rows(data.sockets.states.map((state, place) => [state, grouped(seen.counts[place])]).filter(([, count]) => count !== "0")
    .concat([["ports held", seen.percent === null ? "not known" : `${seen.percent} % in TIME-WAIT on the busiest way out`],
      ["keepalive", `${seen.keepalive} of ${plural(seen.connections, "connection")}`]])));
  if (seen.restarts.length) panel.append(make("h3", {}, "To restart"), make("ul", {}, ...seen.restarts.map((listener) => make("li", {}, text(listener)))));
}
