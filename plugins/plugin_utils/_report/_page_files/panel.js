// The panel: the values behind a cell, or all there is about a host.
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
const panel = byId("panel");
const when = (host) => new Date((data.origin + hosts.time[host]) * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");
const sign = (state) => make("span", {class: `mark s-${state}`, "aria-hidden": "true"}, SIGNS[state][0]);
const shown = (value) => (value === null ? make("span", {class: "soft"}, "not known") : value === "" ? make("span", {class: "soft"}, "empty") : make("code", {}, value));

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
    panel.append(make("p", {}, sign(cell.state), ` ${SIGNS[cell.state][1]}${cell.reason ? `: ${cell.reason}` : ""}`));
    if (cell.detail) panel.append(make("p", {}, cell.detail));
    panel.append(rows([
      ["wanted", shown(cell.wanted)],
      cell.target !== cell.wanted ? ["to be", shown(cell.target)] : null,
      [cell.status === "applied" ? "ran before" : "running", shown(cell.running)],
      ["after reboot", ...(cell.boot === null ? [make("span", {class: "soft"}, "the kernel's own, nothing sets it")] : [shown(cell.boot), make("br"), make("span", {class: "soft"}, "by "), cell.source])],
      ["kernel's own", ...(cell.estimated ? ["about "] : []), shown(cell.default)],
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
  const memory = hosts.memory[host];
  return rows([
    ["name", hosts.name[host]], ["groups", groupsOf(host).join(", ") || "none"], ["kernel", text(hosts.kernel[host]) || "unknown"],
    memory ? ["memory", `${grouped(memory)} MiB`] : null, text(hosts.namespace[host]) === "container" ? ["network", "a container's"] : null,
    ["report", `${when(host)}, ${text(hosts.playbook[host])}`],
  ].filter(Boolean));
}

function showHost(host) {
  panel.append(make("h2", {}, hosts.name[host]), make("p", {}, CONDITIONS[conditions[host]]));
  if (text(hosts.message[host])) panel.append(make("p", {}, text(hosts.message[host])));
  panel.append(hostRows(host));
  const states = counted(hosts.cells.map((column) => column[host]).filter((number) => number >= 0).map((number) => cellOf(number).state));
  if (states.length) panel.append(make("h3", {}, "Keys"), rows(states.map(([state, count]) => [make("span", {}, sign(state), ` ${count}`), SIGNS[state][1]])));
  const seen = socketsOf.get(host);
  if (!seen) return;
  panel.append(make("h3", {}, "Sockets"), rows(data.sockets.states.map((state, place) => [state, grouped(seen[1][place])]).filter(([, count]) => count !== "0")
    .concat([["ports held", seen[3] === null ? "not known" : `${seen[3]} % in TIME-WAIT on the busiest way out`],
      ["keepalive", `${seen[5]} of ${plural(seen[4], "connection")}`]])));
  if (seen[6].length) panel.append(make("h3", {}, "To restart"), make("ul", {}, ...seen[6].map((listener) => make("li", {}, text(listener)))));
}
