"use strict";
/* What the page gains by a script: slider, filter, keys, colours.  Without it
   every pair stands side by side and nothing is hidden. */
(() => {
  const root = document.documentElement;
  const find = (id) => document.getElementById(id);
  const memory = {
    // Some browsers keep nothing for pages from disk and throw instead.
    get(name) { try { return localStorage.getItem("nano-edit." + name); } catch { return null; } },
    set(name, value) { try { localStorage.setItem("nano-edit." + name, value); } catch { /* not kept */ } },
  };
  const kept = memory.get("theme");
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  root.classList.add("js"); // before the first paint, so that nothing jumps

  document.addEventListener("DOMContentLoaded", () => {
    const edits = [...document.querySelectorAll(".edit")];
    const told = ".outcome, h2, .failure, .instruction, .figures"; // not what is on every edit
    const words = edits.map((edit) => [...edit.querySelectorAll(told)]
      .map((part) => part.textContent).join(" ").toLowerCase());
    const chosen = { outcome: "", code: "" };
    const filter = find("filter");
    const bar = document.querySelector(".controls");
    let last = null; // the edit that had the focus last

    /* --- slider --- */
    const cut = (range) => {
      range.parentElement.style.setProperty("--cut", range.value + "%");
      range.setAttribute("aria-valuetext", range.value + " % before");
    };
    const slide = (edit, step) => {
      const range = edit.querySelector(".cut");
      if (!range) return;
      range.value = Number(range.value) + step;
      cut(range);
    };
    document.addEventListener("input", (event) => {
      if (event.target.matches(".cut")) cut(event.target);
    });

    /* --- filter --- */
    const buttons = [];
    const show = () => {
      const asked = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      edits.forEach((edit, index) => {
        const fits = (!chosen.outcome || edit.dataset.outcome === chosen.outcome)
          && (!chosen.code || edit.dataset.code === chosen.code)
          && asked.every((word) => words[index].includes(word));
        edit.hidden = !fits;
        count += fits;
      });
      for (const { button, outcome, code } of buttons) {
        button.setAttribute("aria-pressed", String(outcome === chosen.outcome && code === chosen.code));
        if (code) button.hidden = chosen.outcome !== "failed";
      }
      find("empty").hidden = count > 0 || edits.length === 0;
      const all = edits.length === 1 ? "1 edit" : `${edits.length} edits`;
      find("count").textContent = count === edits.length ? all : `${count} of ${all}`;
    };
    const choose = (outcome, code) => {
      Object.assign(chosen, { outcome, code });
      show();
      const list = find("edits"); // from deep in the page, what is left may lie above
      if (list.getBoundingClientRect().top < 0) list.scrollIntoView();
    };
    const reset = () => { filter.value = ""; choose("", ""); };
    const offer = (label, count, outcome, code) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(label);
      const number = document.createElement("b");
      number.textContent = count;
      button.append(number);
      if (code) button.className = "reason";
      else button.dataset.mark = outcome || "all";
      button.addEventListener("click", () => choose(outcome, code));
      buttons.push({ button, outcome, code });
      find("outcomes").append(button);
    };
    const tally = (list, key) => {
      const counts = new Map();
      for (const edit of list) {
        const value = edit.dataset[key];
        if (value) counts.set(value, (counts.get(value) || 0) + 1);
      }
      return [...counts].sort((one, other) => other[1] - one[1]);
    };
    offer("All", edits.length, "", "");
    const outcomes = new Map(tally(edits, "outcome"));
    for (const outcome of ["done", "failed", "skipped", "cached"]) {
      if (!outcomes.has(outcome)) continue;
      offer(outcome[0].toUpperCase() + outcome.slice(1), outcomes.get(outcome), outcome, "");
      if (outcome !== "failed") continue;
      const codes = tally(edits.filter((edit) => edit.dataset.outcome === "failed"), "code");
      if (codes.length > 1) for (const [code, count] of codes) offer(code, count, "failed", code);
    }
    filter.addEventListener("input", show);
    find("reset").addEventListener("click", () => { reset(); filter.focus(); });

    /* --- from edit to edit --- */
    const reveal = (edit) => {
      const fits = edit.offsetHeight < innerHeight - bar.offsetHeight - 32;
      edit.scrollIntoView({ block: fits ? "nearest" : "start" });
    };
    const visit = (edit) => {
      edit.focus({ preventScroll: true });
      reveal(edit);
      history.replaceState(null, "", "#" + edit.id);
    };
    const inSight = () => edits.find((edit) => !edit.hidden && edit.getBoundingClientRect().bottom > bar.offsetHeight + 40);
    const move = (step) => {
      const here = edits.indexOf(last);
      const rest = step > 0 ? edits.slice(here + 1) : edits.slice(0, Math.max(here, 0)).reverse();
      const next = here < 0 ? inSight() : rest.find((edit) => !edit.hidden);
      if (next) visit(next);
      else if (last && !last.hidden) visit(last);
    };
    const follow = () => {
      const edit = edits.find((each) => "#" + each.id === location.hash);
      if (!edit) return;
      if (edit.hidden) reset();
      visit(edit);
    };
    document.addEventListener("focusin", (event) => { last = event.target.closest(".edit") || last; });
    // What is scrolled to stops below the bar, however many rows that takes.
    new ResizeObserver(() => root.style.setProperty("--bar", bar.offsetHeight + "px")).observe(bar);
    window.addEventListener("hashchange", follow);

    /* --- colours and views --- */
    const preference = matchMedia("(prefers-color-scheme: dark)");
    const dark = () => (root.dataset.theme || (preference.matches ? "dark" : "light")) === "dark";
    const name = () => { find("theme").textContent = dark() ? "Light" : "Dark"; };
    const turn = () => {
      root.dataset.theme = dark() ? "light" : "dark";
      memory.set("theme", root.dataset.theme);
      name();
    };
    const split = () => {
      find("split").setAttribute("aria-pressed", String(root.classList.toggle("split")));
      if (last) reveal(last);
    };
    preference.addEventListener("change", name);
    find("theme").addEventListener("click", turn);
    find("split").addEventListener("click", split);
    find("keys-button").addEventListener("click", () => find("keys").showModal());
    let folded = [];
    window.addEventListener("beforeprint", () => {
      folded = [...document.querySelectorAll("details:not([open])")];
      for (const each of folded) each.open = true;
    });
    window.addEventListener("afterprint", () => { for (const each of folded) each.open = false; });

    /* --- keys --- */
    const letters = find("letters");
    letters.checked = memory.get("letters") !== "off";
    letters.addEventListener("change", () => memory.set("letters", letters.checked ? "on" : "off"));
    const keys = {
      j: () => move(1), k: () => move(-1), s: split, t: turn,
      "/": () => { filter.focus(); filter.select(); },
      "?": () => find("keys").showModal(),
    };
    const arrows = {
      ArrowDown: () => move(1), ArrowUp: () => move(-1),
      ArrowLeft: (edit) => slide(edit, -5), ArrowRight: (edit) => slide(edit, 5),
    };
    document.addEventListener("keydown", (event) => {
      const { key, target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || find("keys").open) return;
      if (key === "Escape") { reset(); if (target === filter) filter.blur(); return; }
      if (target === filter) { if (key === "Enter") { filter.blur(); last = null; move(1); } return; }
      const edit = target.matches(".edit") ? target : null; // elsewhere arrows keep their sense
      const act = letters.checked && Object.hasOwn(keys, key) ? keys[key]
        : edit && Object.hasOwn(arrows, key) ? arrows[key] : null;
      if (!act) return;
      event.preventDefault();
      act(edit);
    });

    show();
    name();
    follow();
  });
})();
