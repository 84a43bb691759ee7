// The manager's table: sorted by its headings, filtered by text and mark, and kept so when it is pushed anew.
(() => {
  "use strict";
  const KEPT_KEY = `desk:${location.pathname}`;
  const CHECKED_EVERY_MS = 1000;
  const tools = document.querySelector("[data-tools]");
  const said = document.querySelector("[data-shown]");

  const kept = () => {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT_KEY)) || {};
    } catch {
      return {};
    }
  };
  const state = { key: "attainment", direction: "descending", mark: "", text: "", ...kept() };
  const keep = () => {
    try {
      sessionStorage.setItem(KEPT_KEY, JSON.stringify(state));
    } catch {
      // Without storage the choice lasts until the page is left.
    }
  };

  // --- sort and filter ------------------------------------------------------------------------------------------

  const words = new Intl.Collator(document.documentElement.lang, { sensitivity: "base" });
  const isText = (key) => key === "name" || key === "marks";

  // A row without a value stands last, whichever way the table is sorted.
  const compared = (one, other) => {
    const [left, right] = [one.dataset[state.key] ?? "", other.dataset[state.key] ?? ""];
    if (!left || !right) return Number(!left) - Number(!right);
    const order = isText(state.key) ? words.compare(left, right) : Number(left) - Number(right);
    return state.direction === "ascending" ? order : -order;
  };

  const matches = (row) => (!state.mark || row.dataset.marks.split(" ").includes(state.mark))
    && row.dataset.text.includes(state.text.trim().toLowerCase());

  const sort = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const sorted = rows.toSorted((one, other) => compared(one, other) || words.compare(one.dataset.name, other.dataset.name));
    // Moving a row takes the focus away from it: nothing is moved that stands right.
    if (sorted.some((row, index) => row !== rows[index])) {
      const focused = document.activeElement;
      body.append(...sorted);
      if (body.contains(focused)) focused.focus({ preventScroll: true });
    }
    for (const heading of table.tHead.querySelectorAll("[data-key]")) {
      if (heading.dataset.key === state.key) heading.setAttribute("aria-sort", state.direction);
      else heading.removeAttribute("aria-sort");
    }
  };

  const filter = (table) => {
    const rows = [...table.tBodies[0].rows];
    for (const row of rows) row.hidden = !matches(row);
    const shown = rows.filter((row) => !row.hidden).length;
    const none = document.querySelector("[data-none]");
    if (none) none.hidden = shown > 0 || rows.length === 0;
    const sentence = said.dataset.shown.replace("{shown}", shown).replace("{all}", rows.length);
    if (said.textContent !== sentence) said.textContent = sentence;
  };

  const arrange = () => {
    const table = document.getElementById("reps");
    if (!table) return;
    if (!table.tHead.querySelector(`[data-key="${state.key}"]`)) state.key = "attainment";
    sort(table);
    filter(table);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sort]");
    if (!button) return;
    const key = button.dataset.sort;
    const first = button.dataset.first || "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    state.direction = state.key === key && state.direction === first ? other : first;
    state.key = key;
    keep();
    arrange();
  });

  tools.addEventListener("input", () => {
    state.mark = tools.elements.mark.value;
    state.text = tools.elements.text.value;
    keep();
    arrange();
  });
  tools.addEventListener("submit", (event) => event.preventDefault());

  // --- how long ago the totals were checked -----------------------------------------------------------------------

  const showChecked = () => {
    const checked = document.querySelector("[data-since]");
    if (!checked) return;
    const seconds = Math.max(0, Math.round(Date.now() / 1000 - Number(checked.dataset.since)));
    const [words, count] = seconds < 100 ? [checked.dataset.seconds, seconds]
      : seconds < 6000 ? [checked.dataset.minutes, Math.round(seconds / 60)]
        : [checked.dataset.hours, Math.round(seconds / 3600)];
    checked.textContent = `· ${words.replace("{count}", count)}`;
  };

  tools.elements.mark.value = state.mark;
  tools.elements.text.value = state.text;
  tools.hidden = false;
  document.addEventListener("live:fragment", () => { arrange(); showChecked(); });
  arrange();
  showChecked();
  setInterval(showChecked, CHECKED_EVERY_MS);
})();
