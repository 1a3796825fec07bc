// The grid: only the rows in sight exist, and are filled anew while one scrolls. The keyboard moves through all of them.
// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
const NS = "http://www.w3.org/2000/svg";
function make(tag, attributes, ...children) {
  const node = ["svg", "rect", "text", "title"].includes(tag) ? document.createElementNS(NS, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}
const numbers = new Intl.NumberFormat("en");
const grouped = (count) => numbers.format(count);
const byId = (id) => document.getElementById(id);
const plural = (count, noun) => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

class Grid {
  static MORE = 8;  // rows outside of what is in sight, for a smooth start of a scroll

  constructor(chosen) {
    this.chosen = chosen;  // called with the host and the key's column; -1 for the host itself
    this.grid = byId("grid");
    this.body = byId("body");
    this.found = {hosts: [], wanted: null};
    this.row = 0;
    this.column = 0;
    this.rows = [];
    this.columns = 2 + keys.length;
    this.grid.setAttribute("aria-colcount", this.columns);
    this.head();
    this.grid.addEventListener("scroll", () => this.soon(), {passive: true});
    this.grid.addEventListener("keydown", (event) => this.press(event));
    this.body.addEventListener("mousedown", (event) => this.click(event));
    new ResizeObserver(() => this.soon()).observe(this.grid);
  }

  head() {
    const row = make("div", {role: "row", class: "row", "aria-rowindex": 1});
    ["Host", "Kernel"].forEach((name, place) =>
      row.append(make("div", {role: "columnheader", class: name === "Host" ? "name" : "kernel", "aria-colindex": place + 1}, name)));
    keys.forEach((each, place) => row.append(make("div", {role: "columnheader", class: "key", "aria-colindex": place + 3, "aria-label": each.key,
      title: [each.key, each.meaning].filter(Boolean).join(": ")}, make("span", {}, each.short))));
    byId("head").append(row);
    this.heads = [...row.children];
    // Sizes are the style sheet's: of a row, of the column of names, of it and the kernels together, of a key.
    const widths = this.heads.map((head) => head.getBoundingClientRect().width);
    this.height = parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10);
    [this.name, this.start, this.key] = [widths[0], widths[0] + widths[1], widths[2] || 0];
  }

  show(found) {
    const host = this.found.hosts[this.row];
    this.found = found;
    this.row = Math.max(0, found.hosts.indexOf(host));
    this.grid.setAttribute("aria-rowcount", found.hosts.length + 1);
    this.body.style.height = `${found.hosts.length * this.height}px`;
    this.body.style.width = `${this.start + this.key * keys.length}px`;
    this.grid.scrollTop = Math.min(this.grid.scrollTop, found.hosts.length * this.height);
    this.draw();
    this.tell();
  }

  soon() {
    if (!this.waiting) this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
  }

  draw() {
    const first = Math.max(0, Math.floor(this.grid.scrollTop / this.height) - Grid.MORE);
    const last = Math.min(this.found.hosts.length, first + Math.ceil(this.grid.clientHeight / this.height) + 2 * Grid.MORE);
    while (this.rows.length < last - first) this.rows.push(this.fresh());
    // A row that stays in sight keeps its element, so that a scroll by one row fills one row.
    const size = this.rows.length;
    this.rows.forEach((row, place) => {
      const number = first + ((place - first) % size + size) % size;
      if (number >= last) { row.node.hidden = true; row.number = -1; return; }
      this.fill(row, number);
    });
    this.grid.setAttribute("aria-activedescendant", `c${this.row}-${this.column}`);
    this.heads.forEach((head, place) => head.classList.toggle("at", place === this.column));
  }

  fresh() {
    const node = make("div", {role: "row", class: "row"});
    const cells = Array.from({length: this.columns}, (_, place) => make("div", {role: place ? "gridcell" : "rowheader", "aria-colindex": place + 1}));
    node.append(...cells);
    this.body.append(node);
    return {node, cells, number: -1};
  }

  fill(row, number) {
    const host = this.found.hosts[number], changes = changedCells.get(host);
    row.node.hidden = false;
    row.node.style.transform = `translateY(${number * this.height}px)`;
    row.node.setAttribute("aria-rowindex", number + 2);
    row.number = number;
    row.cells.forEach((node, place) => {
      const [look, label, sign] = place === 0 ? this.nameOf(host) : place === 1 ? ["kernel", "", text(hosts.kernel[host]) || "unknown"]
        : this.keyOf(host, place - 2, changes && changes.has(place - 2));
      const id = number === this.row && place === this.column ? `c${number}-${place}` : "";
      // Most cells say what the one before them said; only what differs is written.
      const all = `${look}\n${label}\n${sign}\n${id}`;
      if (node.said === all) return;
      node.said = all;
      node.className = `cell ${look}${id ? " at" : ""}`;
      if (node.textContent !== sign) node.textContent = sign;
      if (label) node.setAttribute("aria-label", label);
      if (id) node.id = id; else node.removeAttribute("id");
    });
  }

  nameOf(host) {
    const condition = conditions[host], sign = condition === FINE ? "" : `${OUTCOMES.get(CONDITIONS.get(condition)).sign} `;
    return ["name", `${hosts.name[host]}: ${condition}`, sign + hosts.name[host]];
  }

  keyOf(host, column, changed) {
    const index = hosts.cells[column][host], cell = cellOf(index);
    const dim = this.found.wanted && (index < 0 || !this.found.wanted[index]) ? " dim" : "", mark = changed ? " changed" : "";
    if (!cell) return [`none${mark}${dim}`, `${keys[column].short}: not known`, ""];
    const advised = cell.advice.length > 0;
    const {sign, when} = OUTCOMES.get(cell.outcome);
    return [`s-${cell.outcome}${advised ? " advice" : ""}${mark}${dim}`,
      `${keys[column].short}: ${when}${advised ? ", with advice" : ""}${changed ? ", changed" : ""}`, sign];
  }

  go(row, column) {
    if (!this.found.hosts.length) return;
    this.row = Math.min(Math.max(row, 0), this.found.hosts.length - 1);
    this.column = Math.min(Math.max(column, 0), this.columns - 1);
    const top = this.row * this.height, room = this.grid.clientHeight - byId("head").offsetHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    if (top + this.height > this.grid.scrollTop + room) this.grid.scrollTop = top + this.height - room;
    const left = this.column < 2 ? 0 : this.start + this.key * (this.column - 2), width = this.grid.clientWidth;
    if (left - this.name < this.grid.scrollLeft) this.grid.scrollLeft = this.column < 2 ? 0 : left - this.name;
    if (left + this.key > this.grid.scrollLeft + width) this.grid.scrollLeft = left + this.key - width;
    this.draw();
    this.tell();
  }

  tell() {
    const host = this.found.hosts[this.row];
    this.chosen(host === undefined ? -1 : host, this.column - 2);
  }

  press(event) {
    if (event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / this.height) - 6), all = event.ctrlKey, end = this.found.hosts.length - 1;
    const to = {
      ArrowDown: [this.row + 1, this.column], ArrowUp: [this.row - 1, this.column], ArrowLeft: [this.row, this.column - 1],
      ArrowRight: [this.row, this.column + 1], PageDown: [this.row + page, this.column], PageUp: [this.row - page, this.column],
      Home: [all ? 0 : this.row, 0], End: [all ? end : this.row, this.columns - 1],
    }[event.key];
    if (to) { event.preventDefault(); this.go(...to); }
    else if (event.key === "Enter") { event.preventDefault(); byId("panel").focus(); }
  }

  click(event) {
    const cell = event.target.closest("[aria-colindex]");
    if (cell) this.go(Number(cell.parentNode.getAttribute("aria-rowindex")) - 2, Number(cell.getAttribute("aria-colindex")) - 1);
  }
}
