(() => {
  const byId = (id) => document.getElementById(id);
  const { root, document: documentId, text } = document.body.dataset;
  const wordsOf = new Map();
  let selected = "";
  let marking = null;

  // Deciding

  const decided = (decision, field, more) => {
    const review_id = crypto.randomUUID();
    return { review_id, decision, field, text_sha256: text, ...more };
  };

  const decide = (...told) => sending(documentId, [decided(...told)]);

  // All that is still as the model left it: its findings are right, and what it ruled absent is
  const decideRest = () => {
    const open = [...document.querySelectorAll("[data-decided='no']")].map((one) =>
      decided("accept", one.closest(".field").dataset.field, { finding_id: one.dataset.finding }),
    );
    const absent = [...byId("missed-field").options].filter((one) => one.dataset.unconfirmed);
    const rest = [...open, ...absent.map((one) => decided("absent", one.value, {}))];
    const words = "Say that " + open.length + " findings are right and " + absent.length + " fields are absent?";
    if (rest.length && confirm(words)) sending(documentId, rest);
  };

  const item = (key) => [...document.querySelectorAll("[data-finding]")].find((one) => one.dataset.finding === key);

  const start = (button) => {
    const { decide: decision, from } = button.dataset;
    const list = from && byId(from);
    const field = list ? list.value : button.dataset.field;
    const label = list ? list.selectedOptions[0].textContent : button.dataset.label;
    const finding = button.closest("[data-finding]");
    if (decision === "rest") decideRest();
    else if (decision === "absent") decide("absent", field, {});
    else if (decision === "add") mark({ decision, field, what: label + ": mark the words that were missed." }, null);
    else if (decision === "correct") {
      const what = label + ": mark the right words.";
      const { start: first, end: last, finding: finding_id } = finding.dataset;
      mark({ decision, field, finding_id, what }, [Number(first), Number(last)]);
    } else decide(decision, field, { finding_id: finding.dataset.finding });
  };

  // The next finding that nobody has decided about, after the selected one

  const nextOpen = () => {
    const all = [...document.querySelectorAll("[data-finding]")];
    const at = all.findIndex((one) => one.dataset.finding === selected);
    return [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))]
      .filter((one) => one.dataset.decided === "no")
      .map((one) => one.dataset.finding);
  };

  const refresh = async () => {
    const wanted = nextOpen();
    const answer = await fetch(location.pathname);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    byId("findings").replaceChildren(...fresh.getElementById("findings").children);
    for (const page of document.querySelectorAll(".page")) {
      const now = fresh.getElementById(page.id);
      const [old, drawn] = [page, now].map((one) => one && one.querySelector("svg, .text"));
      if (old && drawn) old.replaceWith(drawn);
    }
    const next = wanted.find((key) => item(key)) || "";
    document.dispatchEvent(new CustomEvent("evidence:changed", { detail: next }));
  };

  // Marking words: the page's words as boxes over it, or as text where nobody knows their places

  const load = async (page) => {
    const number = page.id.slice("page-".length);
    if (wordsOf.has(number)) return;
    wordsOf.set(number, []);
    const answer = await fetch(root + "/documents/" + documentId + "/words/" + number);
    if (!answer.ok) return wordsOf.delete(number);
    const words = await answer.json();
    wordsOf.set(number, words);
    if (marking) draw(page, words);
  };

  const draw = (page, words) => {
    if (page.querySelector(".words")) return;
    const sheet = page.querySelector(".sheet");
    const layer = document.createElement("div");
    const isListed = !sheet.querySelector("img") || !words.some((word) => word.boxes.length);
    layer.className = isListed ? "words listed" : "words";
    for (const word of words) {
      if (isListed && layer.lastElementChild && Number(layer.lastElementChild.dataset.wordEnd) < word.start) layer.append(" ");
      for (const box of isListed ? [null] : word.boxes) layer.append(drawn(word, box));
    }
    if (isListed) sheet.after(layer);
    else sheet.append(layer);
    paint();
  };

  const drawn = (word, box) => {
    const one = document.createElement("span");
    one.className = "word";
    one.dataset.wordStart = word.start;
    one.dataset.wordEnd = word.end;
    if (!box) one.textContent = word.text;
    else ["left", "top", "width", "height"].forEach((side, at) => (one.style[side] = box[at] + "%"));
    return one;
  };

  const known = () => [...wordsOf.values()].flat().sort((one, other) => one.start - other.start);

  const paint = () => {
    const [from, to] = (marking && marking.interval) || [-1, -1];
    for (const one of document.querySelectorAll(".word")) {
      const { wordStart, wordEnd } = one.dataset;
      one.classList.toggle("chosen", Number(wordStart) < to && Number(wordEnd) > from);
    }
    const words = known().filter((word) => word.start < to && word.end > from);
    const gap = (word, at) => (at && words[at - 1].end < word.start ? " " : "");
    byId("marking-words").textContent = words.map((word, at) => gap(word, at) + word.text).join("");
    byId("marking-save").disabled = !words.length;
  };

  const near = new IntersectionObserver(
    (entries) => entries.filter((one) => one.isIntersecting).forEach((one) => load(one.target)),
    { root: byId("pages"), rootMargin: "50%" },
  );

  const mark = (wanted, interval) => {
    stop();
    marking = { ...wanted, interval, anchor: null };
    byId("marking-what").textContent = wanted.what;
    byId("marking").hidden = false;
    for (const page of document.querySelectorAll(".page")) {
      const words = wordsOf.get(page.id.slice("page-".length));
      if (words && words.length) draw(page, words);
      near.observe(page);
    }
    paint();
    byId("marking").focus({ preventScroll: true });
  };

  const stop = () => {
    marking = null;
    near.disconnect();
    byId("marking").hidden = true;
    for (const layer of document.querySelectorAll(".words")) layer.remove();
  };

  const save = () => {
    if (!marking || byId("marking-save").disabled) return;
    const { decision, field, finding_id } = marking;
    const [char_start, char_end] = marking.interval;
    stop();
    decide(decision, field, { ...(finding_id && { finding_id }), char_start, char_end });
  };

  const between = (one, other) => [Math.min(one[0], other[0]), Math.max(one[1], other[1])];

  const wordAt = (event) => {
    const one = marking && event.target.closest(".word");
    return one ? [Number(one.dataset.wordStart), Number(one.dataset.wordEnd)] : null;
  };

  let isDragging = false;
  let hasMoved = false;

  byId("pages").addEventListener("pointerdown", (event) => {
    const word = event.button === 0 && wordAt(event);
    if (!word) return;
    event.preventDefault();
    if (marking.anchor) {
      marking.interval = between(marking.anchor, word);
      marking.anchor = null;
    } else {
      marking.anchor = word;
      marking.interval = word;
      [isDragging, hasMoved] = [true, false];
    }
    paint();
  });
  byId("pages").addEventListener("pointerover", (event) => {
    const word = isDragging && wordAt(event);
    if (!word || !marking.anchor || word[0] === marking.anchor[0]) return;
    hasMoved = true;
    marking.interval = between(marking.anchor, word);
    paint();
  });
  addEventListener("pointerup", () => {
    if (marking && isDragging && hasMoved) marking.anchor = null;
    isDragging = false;
  });
  // words lie over the highlights while they are marked
  byId("pages").addEventListener("click", (event) => wordAt(event) && event.stopImmediatePropagation(), true);

  const move = (isStart, by) => {
    if (!marking.interval) return;
    const words = known();
    const [from, to] = marking.interval;
    const first = words.findIndex((word) => word.end > from);
    const last = words.findLastIndex((word) => word.start < to);
    const start = Math.min(Math.max(first + (isStart ? by : 0), 0), last);
    const end = Math.max(Math.min(last + (isStart ? 0 : by), words.length - 1), start);
    marking.interval = [words[start].start, words[end].end];
    paint();
  };

  const whileMarking = (event) => {
    if (event.key === "Escape") stop();
    else if (event.key === "Enter" && !event.target.closest("#marking button")) save();
    else if (event.key === "ArrowRight") move(event.shiftKey, 1);
    else if (event.key === "ArrowLeft") move(event.shiftKey, -1);
    else return false;
    return true;
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input")) return;
      const chosen = { a: "accept", c: "correct", r: "reject" }[event.key];
      if (marking) {
        if (!whileMarking(event)) return;
      } else {
        const one = chosen && item(selected);
        const button = one && one.querySelector('[data-decide="' + chosen + '"]');
        if (!button) return;
        start(button);
      }
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
  document.addEventListener("evidence:selected", (event) => (selected = event.detail));
  document.addEventListener("review:stored", refresh);
  document.addEventListener("review:refused", refresh);
  byId("findings").addEventListener("click", (event) => {
    const button = event.target.closest("[data-decide]");
    if (button) start(button);
  });
  byId("marking-save").addEventListener("click", save);
  byId("marking-cancel").addEventListener("click", stop);
})();
