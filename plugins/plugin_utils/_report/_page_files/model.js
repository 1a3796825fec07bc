// What the page knows: hosts by columns, cells and texts once each, and which hosts a filter leaves. No element is touched here.
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
const data = JSON.parse(document.getElementById("data").textContent);
const hosts = data.hosts;
const total = hosts.name.length;
const keys = data.keys.map(([key, meaning, unit]) => ({key, meaning, unit, short: key.replace(/^net\.(core|ipv4)\./, "")}));
const text = (number) => (number < 0 ? null : data.texts[number]);

// A cell with its values by the names of their columns; made when it is first asked for.
const READ = {text, flag: (value) => value === 1, advice: (pairs) => pairs.map(([code, message]) => ({code: text(code), message: text(message)}))};
const columns = data.columns.map(([name, kind, label], place) => ({name, label, place, read: READ[kind]}));
const unpacked = new Array(data.cells.length);
function cellOf(number) {
  if (number < 0) return null;
  if (!unpacked[number]) unpacked[number] = Object.fromEntries(columns.map(({name, place, read}) => [name, read(data.cells[number][place])]));
  return unpacked[number];
}

// What can have become of a key, and of a host: sign and words come with the data.
const OUTCOMES = new Map(data.outcomes.map(([name, sign, when]) => [name, {sign, when}]));
const CONDITIONS = new Map(data.conditions.map(([name, outcome]) => [name, outcome]));  // each with the outcome whose sign it has
const conditions = hosts.condition.map((number) => data.conditions[number][0]);
const FINE = data.conditions[data.conditions.length - 1][0];
const groupsOf = (host) => data.groups[hosts.groups[host]].map(text);
const changedCells = new Map();  // host -> Map(key column -> what was before)
for (const [host, column, before] of data.changes ? data.changes.cells : []) {
  if (!changedCells.has(host)) changedCells.set(host, new Map());
  changedCells.get(host).set(column, text(before));
}
// What is known of the sockets of each host, by the names of the columns.
const socketRows = data.sockets ? data.sockets.host.map((host, place) =>
  Object.fromEntries(Object.entries(data.sockets).filter(([name]) => name !== "states").map(([name, column]) => [name, column[place]]))) : [];
const socketsOf = new Map(socketRows.map((row) => [row.host, row]));

const haystack = Array.from({length: total}, (_, host) =>
  [hosts.name[host], text(hosts.kernel[host]), text(hosts.message[host]), ...groupsOf(host)].join("\n").toLowerCase());

const NOTHING = {search: "", group: "", kernel: "", reason: "", advice: "", condition: "", changed: false};
// For each cell whether it has the reason and the advice that are asked for; null where neither is.
function wantedCells(filter) {
  if (!filter.reason && !filter.advice) return null;
  return data.cells.map((_, number) => cellOf(number)).map((cell) =>
    (!filter.reason || cell.reason === filter.reason) && (!filter.advice || cell.advice.some(({code}) => code === filter.advice)));
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
