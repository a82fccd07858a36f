// What saves reloads: parts of a page follow the log, and single keys lead through it. Everything works without it.
"use strict";

(() => {
  const root = document.documentElement;
  const main = document.getElementById("main");
  const live = document.getElementById("live");

  // ---- Parts that follow the log ----------------------------------------------------------------
  let source = null;
  let position = Number(main.dataset.position || 0);
  let waiting = 0;
  let refreshing = false;
  // Milliseconds until a stream that broke off counts as lost, and until one that was refused is asked for again.
  const LOST_AFTER = 5000;
  const TRIED_AFTER = 10000;
  let losing = 0;
  let trying = 0;

  function follow() {
    if (source || !position || document.hidden) return;
    source = new EventSource(`/changes?after=${position}`);
    source.onmessage = (event) => {
      position = Math.max(position, Number(event.lastEventId) || 0);
      clearTimeout(waiting);
      waiting = setTimeout(refresh, 300);
    };
    source.addEventListener("open", found);
    source.addEventListener("error", () => {
      // A stream that breaks off is opened again by the browser, which takes a moment; one that was refused is not.
      const isRefused = source && source.readyState === EventSource.CLOSED;
      if (isRefused) {
        rest();
        lost();
        return;
      }
      // Each try that fails says so; the time runs from the first of them.
      losing = losing || setTimeout(lost, LOST_AFTER);
    });
  }

  function rest() {
    if (source) source.close();
    source = null;
    clearTimeout(losing);
    losing = 0;
    clearTimeout(trying);
  }

  // Says that the page is not followed any more, and tries again.
  function lost() {
    if (live && live.dataset.state !== "lost") {
      live.dataset.state = "lost";
      say(root.dataset.lostWord);
    }
    clearTimeout(trying);
    trying = setTimeout(() => { if (!source) follow(); }, TRIED_AFTER);
  }

  // What changed meanwhile is shown before the page says that it is up to date.
  async function found() {
    clearTimeout(losing);
    losing = 0;
    if (!live || live.dataset.state !== "lost") return;
    if (await refresh()) {
      delete live.dataset.state;
      say(root.dataset.freshWord);
    }
  }

  // Whether the page is as it would be if it were loaded now.
  async function refresh() {
    if (refreshing) return false;
    refreshing = true;
    try {
      const answer = await fetch(location.pathname + location.search, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) {
        lost();
        return false;
      }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const changed = swap(fresh);
      if (changed) say(root.dataset.changedWord);
      return true;
    } catch {
      lost();
      return false;
    } finally {
      refreshing = false;
    }
  }

  // Replaces the parts that differ, but none in which somebody types, has opened a form or has marked rows.
  function swap(fresh) {
    let changed = 0;
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!next || same(part, next) || isBusy(part)) continue;
      const place = placeOfFocus(part);
      const scrolled = [...part.querySelectorAll(".scroll")].map((one) => [one.scrollLeft, one.scrollTop]);
      const open = [...part.querySelectorAll("details")].map((one) => one.open);
      markRows(part, next);
      part.replaceChildren(...next.childNodes);
      part.querySelectorAll("details").forEach((one, at) => { one.open = Boolean(open[at]); });
      part.querySelectorAll(".scroll").forEach((one, at) => {
        if (scrolled[at]) [one.scrollLeft, one.scrollTop] = scrolled[at];
      });
      restoreFocus(part, place);
      changed += 1;
    }
    return changed;
  }

  // A form has a new command id whenever it is written; that is no change.
  function same(part, next) {
    const plain = (one) => {
      const copy = one.cloneNode(true);
      for (const input of copy.querySelectorAll("input[type=hidden]")) input.remove();
      for (const row of copy.querySelectorAll("[data-changed]")) row.removeAttribute("data-changed");
      for (const fold of copy.querySelectorAll("details")) fold.open = false;
      return copy.innerHTML;
    };
    return plain(part) === plain(next);
  }

  function isBusy(part) {
    const active = document.activeElement;
    const types = active && part.contains(active) && active.matches("input, textarea, select");
    const chooses = "details[open] form:not(.menu form), input[type=checkbox]:checked";
    return types || part.querySelector(chooses) !== null;
  }

  function markRows(part, next) {
    for (const row of next.querySelectorAll("tr[id]")) {
      const before = part.querySelector(`tr[id="${CSS.escape(row.id)}"]`);
      if (!before || before.textContent !== row.textContent || "changed" in before.dataset) row.dataset.changed = "";
    }
  }

  const FOCUSABLE = "a[href], button, input:not([type=hidden]), summary, select, textarea, [tabindex]";

  function nameOf(element) {
    const form = element.closest("form");
    const seat = form && form.querySelector("[name=departmentCode]");
    return [element.tagName, element.id, element.getAttribute("href"), element.name, element.value, seat && seat.value].join("|");
  }

  function placeOfFocus(part) {
    const active = document.activeElement;
    if (!active || !part.contains(active) || active === part) return null;
    return { name: nameOf(active), at: [...part.querySelectorAll(FOCUSABLE)].indexOf(active) };
  }

  function restoreFocus(part, place) {
    if (!place) return;
    const all = [...part.querySelectorAll(FOCUSABLE)];
    const again = all.find((one) => nameOf(one) === place.name) || all[Math.min(place.at, all.length - 1)];
    if (again) again.focus({ preventScroll: true });
  }

  function say(sentence) {
    if (live && sentence) live.textContent = sentence;
  }

  // A focused cell does not hide under a head or a first column that stays in sight.
  document.addEventListener("focusin", (event) => {
    if (event.target.closest(".scroll")) event.target.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // ---- Files that are dropped ------------------------------------------------------------------
  for (const field of document.querySelectorAll("[data-drop]")) {
    field.addEventListener("dragover", (event) => event.preventDefault());
    field.addEventListener("drop", async (event) => {
      const file = event.dataTransfer.files[0];
      if (!file) return;
      event.preventDefault();
      field.value = await file.text();
      field.focus();
    });
  }

  // ---- Keys -------------------------------------------------------------------------------------
  const rows = () => [...main.querySelectorAll(".task h3 a, tbody th a[href]")];

  function step(by) {
    const all = rows();
    const now = all.indexOf(document.activeElement);
    const next = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1)];
    if (next) next.focus();
  }

  function urge() {
    const here = document.getElementById("UrgeItem");
    if (here) {
      here.open = true;
      here.querySelector("textarea").focus();
      return;
    }
    const row = document.activeElement.closest(".task, tr");
    const link = row && row.querySelector("a[href^='/items/']");
    if (link) location.assign(`${link.getAttribute("href").split("#")[0]}#UrgeItem`);
  }

  const keys = {
    "/": () => document.getElementById("q").focus(),
    j: () => step(1),
    k: () => step(-1),
    o: () => rows().includes(document.activeElement) && document.activeElement.click(),
    u: urge,
    "?": () => document.getElementById("keys").scrollIntoView({ block: "nearest" }),
  };

  document.addEventListener("keydown", (event) => {
    const types = event.target.closest("input, textarea, select, [contenteditable]");
    if (types || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  if (root.dataset.keys === "off") {
    for (const key of Object.keys(keys)) delete keys[key];
  }

  // A link such as /items/ID#UrgeItem opens the form that it names.
  function openTarget() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.matches("details")) target.open = true;
  }

  window.addEventListener("hashchange", openTarget);
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : follow()));
  window.addEventListener("pagehide", rest);
  openTarget();
  follow();
})();
