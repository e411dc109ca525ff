"use strict";
// Decisions on their way to the database: ids and numbers, no text. What cannot be stored now waits in this browser.
const sending = (() => {
  const KEY = "muniment.waiting";
  const root = document.body.dataset.root;
  const load = () => JSON.parse(localStorage.getItem(KEY) || "[]");
  const save = (waiting) => localStorage.setItem(KEY, JSON.stringify(waiting));
  const tell = (kind, detail) => document.dispatchEvent(new CustomEvent("review:" + kind, { detail }));
  const say = (words) => {
    const line = document.getElementById("notice");
    line.textContent = words;
    line.hidden = !words;
  };
  const count = () => load().length + (load().length === 1 ? " decision waits" : " decisions wait");
  let timer = 0;
  let isBusy = false;

  const post = async (one) => {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify(one.decision);
    return fetch(root + "/documents/" + one.document + "/reviews", { method: "POST", headers, body });
  };

  const later = (words) => {
    say(words);
    timer = setTimeout(flush, 2000);
  };

  const sendAll = async () => {
    while (load().length) {
      const one = load()[0];
      let answer;
      try {
        answer = await post(one);
      } catch {
        return later("The review server does not answer; " + count() + " in this browser until it does.");
      }
      if (answer.status === 503) {
        return later("A run is writing to the database; " + count() + " in this browser and will be stored when it ends.");
      }
      save(load().filter((other) => other.decision.review_id !== one.decision.review_id));
      if (answer.ok) {
        say("");
        if (!load().length) tell("stored", one);
      } else {
        say("Not stored: " + (await answer.json()).error);
        tell("refused", one);
      }
    }
  };

  const flush = async () => {
    clearTimeout(timer);
    if (isBusy) return;
    isBusy = true;
    try {
      await sendAll();
    } finally {
      isBusy = false;
    }
  };

  addEventListener("beforeunload", (event) => {
    if (load().length) event.preventDefault();
  });
  flush();
  return (document, decisions) => {
    save([...load(), ...decisions.map((decision) => ({ document, decision }))]);
    flush();
  };
})();
