"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  let items = [];
  let fields = [];
  let itemOf = new Map();
  let marksOf = new Map();
  let selected = "";

  const index = () => {
    items = [...document.querySelectorAll("[data-finding]")];
    fields = [...document.querySelectorAll(".field")];
    itemOf = new Map(items.map((item) => [item.dataset.finding, item]));
    marksOf = new Map();
    for (const mark of document.querySelectorAll("[data-keys]")) {
      for (const key of mark.dataset.keys.split(" ")) {
        marksOf.set(key, [...(marksOf.get(key) || []), mark]);
      }
    }
  };

  const isShown = (key) => itemOf.has(key) && !itemOf.get(key).hidden;

  const light = (key, on) => {
    for (const mark of marksOf.get(key) || []) mark.classList.toggle("on", on);
    const item = itemOf.get(key);
    if (!item) return;
    const button = item.querySelector("button");
    if (on) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  };

  // the last wish holds: a second step that is still to come would undo it on a slow machine
  let settling = 0;
  const bring = (one, how) => {
    cancelAnimationFrame(settling);
    one.scrollIntoView(how);
  };

  const select = (key, from) => {
    light(selected, false);
    selected = key;
    light(key, true);
    document.dispatchEvent(new CustomEvent("evidence:selected", { detail: key }));
    const [first] = marksOf.get(key) || [];
    const item = itemOf.get(key);
    if (first && from !== "page") {
      // pages on the way take their real height only now: the second step corrects the first
      bring(first, { block: "center", inline: "nearest" });
      settling = requestAnimationFrame(() => bring(first, { block: "center", inline: "nearest" }));
    }
    if (item && item.hidden) clearFilters();
    if (item && from !== "list") item.scrollIntoView({ block: "nearest" });
    if (item && from === "keys") item.querySelector("button").focus({ preventScroll: true });
  };

  const filter = () => {
    const field = byId("field").value;
    const review = byId("review").checked;
    let count = 0;
    for (const section of fields) {
      const wanted = !field || section.dataset.field === field;
      let left = 0;
      for (const item of section.querySelectorAll("[data-finding]")) {
        item.hidden = !wanted || (review && item.dataset.review !== "yes");
        left += item.hidden ? 0 : 1;
      }
      section.hidden = !wanted || (!left && !(section.dataset.review === "yes"));
      count += left;
    }
    for (const [key, marks] of marksOf) {
      for (const mark of itemOf.has(key) ? marks : []) {
        const shown = mark.dataset.keys.split(" ").some(isShown);
        mark.classList.toggle("off", !shown);
      }
    }
    byId("count").textContent = count + " of " + items.length + " findings";
  };

  const clearFilters = () => {
    byId("field").value = "";
    byId("review").checked = false;
    filter();
  };

  const step = (by, from) => {
    const open = items.filter((item) => !item.hidden);
    if (!open.length) return;
    const at = open.findIndex((item) => item.dataset.finding === from);
    const to = at < 0 ? (by > 0 ? 0 : open.length - 1) : (at + by + open.length) % open.length;
    select(open[to].dataset.finding, "keys");
  };

  let zoom = 1;
  const scale = (by) => {
    zoom = Math.min(4, Math.max(0.4, zoom * by));
    byId("pages").style.setProperty("--zoom", zoom);
  };

  byId("findings").addEventListener("click", (event) => {
    const link = event.target.closest("[data-select]");
    const item = event.target.closest("[data-finding]");
    if (link) select(link.dataset.select, "link");
    else if (item) select(item.dataset.finding, "list");
  });
  byId("pages").addEventListener("click", (event) => {
    const under = document.elementsFromPoint(event.clientX, event.clientY).filter((one) => one.dataset.keys);
    const open = under.flatMap((mark) => mark.dataset.keys.split(" ")).filter(isShown);
    const keys = [...new Set(open)];
    // a second click on words that prove several values takes the next of them
    if (keys.length) select(keys[(keys.indexOf(selected) + 1) % keys.length], "page");
  });
  byId("pages").addEventListener("keydown", (event) => {
    const mark = event.target.closest("rect[data-keys]");
    if (!mark || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    select(mark.dataset.keys, "page");
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input")) return;
    const inList = event.target.closest("[data-finding]");
    if (event.key === "n") step(1, selected);
    else if (event.key === "p") step(-1, selected);
    else if (inList && event.key === "ArrowDown") step(1, inList.dataset.finding);
    else if (inList && event.key === "ArrowUp") step(-1, inList.dataset.finding);
    else return;
    event.preventDefault();
  });
  byId("next").addEventListener("click", () => step(1, selected));
  byId("previous").addEventListener("click", () => step(-1, selected));
  byId("larger").addEventListener("click", () => scale(1.25));
  byId("smaller").addEventListener("click", () => scale(0.8));
  byId("field").addEventListener("change", filter);
  byId("review").addEventListener("change", filter);
  byId("page").addEventListener("change", (event) => bring(byId(event.target.value), { block: "start" }));
  // the review's page has new findings in the place of old ones
  document.addEventListener("evidence:changed", (event) => {
    index();
    filter();
    if (itemOf.has(event.detail)) select(event.detail, "keys");
  });
  index();
  filter();
})();
