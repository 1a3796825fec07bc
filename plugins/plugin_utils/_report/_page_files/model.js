// What the page knows: hosts by columns, cells and texts once each, and which hosts a filter leaves. No element is touched here.
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
const data = JSON.parse(document.getElementById("data").textContent);
const hosts = data.hosts;
const total = hosts.name.length;
const keys = data.keys.map(([key, meaning, unit]) => ({key, meaning, unit, short: key.replace(/^net\.(core|ipv4)\./, "")}));
const text = (number) => (number < 0 ? null : data.texts[number]);

// A cell's numbers as what they stand for; made when it is first asked for.
const FIELDS = ["state", "wanted", "running", "default", "estimated", "boot", "source", "target", "reason", "detail", "status"];
const unpacked = new Array(data.cells.length);
function cellOf(number) {
  if (number < 0) return null;
  if (!unpacked[number]) {
    const row = data.cells[number], cell = {};
    FIELDS.forEach((name, place) => { cell[name] = name === "state" ? data.states[row[0]] : name === "estimated" ? row[place] === 1 : text(row[place]); });
    cell.advice = row[11].map(([code, message]) => ({code: text(code), message: text(message)}));
    unpacked[number] = cell;
  }
  return unpacked[number];
}

const SIGNS = {
  ok: ["●", "as wanted"], applied: ["▲", "changed in this run"], skipped: ["–", "skipped, with a reason"], drift: ["◆", "not as wanted now"],
  boot: ["◇", "not as wanted after a reboot"], failed: ["✕", "the run failed"], unfinished: ["…", "the run was ended before"],
};
// Conditions of hosts, from what needs a person first.
const CONDITIONS = {
  failed: "failed", unreachable: "unreachable", unfinished: "unfinished", drift: "drifted", fine: "as wanted",
};
const drifting = data.cells.map((row) => ["drift", "boot"].includes(data.states[row[0]]));
const groupsOf = (host) => data.groups[hosts.groups[host]].map(text);
const changedCells = new Map();  // host -> Map(key column -> what was before)
for (const [host, column, before] of data.changes ? data.changes.cells : []) {
  if (!changedCells.has(host)) changedCells.set(host, new Map());
  changedCells.get(host).set(column, text(before));
}
const socketsOf = new Map(data.sockets ? data.sockets.rows.map((row) => [row[0], row]) : []);

function conditionOf(host) {
  const status = data.statuses[hosts.status[host]];
  if (status !== "ok") return status;
  return hosts.cells.some((column) => column[host] >= 0 && drifting[column[host]]) ? "drift" : "fine";
}
const conditions = Array.from({length: total}, (_, host) => conditionOf(host));
const haystack = Array.from({length: total}, (_, host) =>
  [hosts.name[host], text(hosts.kernel[host]), text(hosts.message[host]), ...groupsOf(host)].join("\n").toLowerCase());

const NOTHING = {search: "", group: "", kernel: "", reason: "", advice: "", condition: "", changed: false};
// For each cell whether it has the reason and the advice that are asked for; null where neither is.
function wantedCells(filter) {
  if (!filter.reason && !filter.advice) return null;
  return data.cells.map((row) => (!filter.reason || text(row[8]) === filter.reason) && (!filter.advice || row[11].some(([code]) => text(code) === filter.advice)));
}

function filtered(filter) {
  const wanted = wantedCells(filter), found = [];
  const search = filter.search.toLowerCase().trim();
  const groups = data.groups.map((row) => !filter.group || row.some((group) => text(group) === filter.group));
  for (let host = 0; host < total; host++) {
    if (search && !haystack[host].includes(search)) continue;
    if (!groups[hosts.groups[host]]) continue;
    if (filter.kernel && text(hosts.kernel[host]) !== filter.kernel) continue;
    if (filter.condition && conditions[host] !== filter.condition) continue;
    if (filter.changed && !changedCells.has(host)) continue;
    if (wanted && !hosts.cells.some((column) => column[host] >= 0 && wanted[column[host]])) continue;
    found.push(host);
  }
  return {hosts: found, wanted};
}

function counted(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
