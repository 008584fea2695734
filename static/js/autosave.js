// Saves answers as they are typed. <form data-autosave="ADDRESS"> sends each changed field by itself: POST ADDRESS, the
// field's name and value as a form, X-Autosave: 1, and with which sign the field was drawn (<input name="drawn:NAME">).
// The page names itself and counts what it sends, so that nothing older overwrites what was typed later. JSON comes back:
//   200 {"saved": "14:02", "drawn": "714", "errors": {"mobile": "sentence"}}  errors null or absent: fine now
//       "read": {"mobile": "sentence"}                                       kept otherwise than typed: said beside it
//   409 {"detail": "sentence"}                                               changed elsewhere; nothing is overwritten
//   422 {"errors": {"mobile": "sentence"}}                                    refused: nothing of it is kept, and why
// Whatever else comes, or nothing, is tried again by itself. One request at a time, but when the page goes: then all that
// waits goes at once. The text is never taken from the page.
(() => {
  const PAUSE = 600; // ms without a key after which what was typed goes
  const LONGEST = 1500; // ms after which it goes though somebody types on
  const PATIENCE = 20000; // ms for an answer
  const ROOM = 60000; // bytes on their way that outlive the page; browsers allow 64 KiB
  const WAITS = [2, 5, 10, 30]; // s before the next try
  const page = crypto.getRandomValues(new Uint32Array(4)).join("");
  let turn = 0;
  let afloat = 0;
  const states = new WeakMap();

  const words = () => document.getElementById("words").dataset;
  const forms = () => document.querySelectorAll("form[data-autosave]");
  const fieldOf = (form, name) => form.querySelector(`[data-field="${CSS.escape(name)}"]`);
  const stateOf = (form) => {
    if (!states.has(form)) {
      // Fields not yet sent, in order; those nobody may send now; the last sending of each; how often all failed.
      states.set(form, { waiting: new Set(), shut: new Set(), last: new Map(), tries: 0 });
    }
    return states.get(form);
  };

  const say = (form, name, state, text, error) => {
    const field = fieldOf(form, name);
    if (!field) return;
    if (state) field.dataset.state = state;
    const line = field.querySelector("[data-field-state]");
    if (line) line.textContent = text ?? "";
    if (error === undefined) return;
    const place = field.querySelector("[data-field-error]");
    if (place) {
      place.textContent = error || "";
      place.hidden = !error;
    }
    field.querySelectorAll("input, select, textarea").forEach((box) => {
      if (error) box.setAttribute("aria-invalid", "true");
      else box.removeAttribute("aria-invalid");
      if (!place?.id) return;
      const described = new Set((box.getAttribute("aria-describedby") || "").split(" ").filter(Boolean));
      if (error) described.add(place.id);
      else described.delete(place.id);
      if (described.size) box.setAttribute("aria-describedby", [...described].join(" "));
      else box.removeAttribute("aria-describedby");
    });
  };

  // Who signed in anew in another tab has another sign of the form, which this page was not drawn with.
  const signOf = (all) =>
    document.cookie.match(/(?:^|; )(?:__Host-)?csrf=([^;]+)/)?.[1] || all.get("csrfmiddlewaretoken") || "";

  const body = (form, name, mine) => {
    const data = new FormData();
    const all = new FormData(form);
    const values = all.getAll(name);
    data.append("csrfmiddlewaretoken", signOf(all));
    data.append("field", name);
    data.append("page", page);
    data.append("turn", mine);
    data.append(`drawn:${name}`, all.get(`drawn:${name}`) || "");
    (values.length ? values : [""]).forEach((value) => data.append(name, value));
    return data;
  };

  const sizeOf = (data) => [...data].reduce((sum, pair) => sum + new Blob(pair).size + 150, 150);

  const post = async (form, data) => {
    const size = sizeOf(data);
    const keepalive = afloat + size <= ROOM;
    const stop = new AbortController();
    const patience = setTimeout(() => stop.abort(), PATIENCE);
    if (keepalive) afloat += size;
    try {
      const response = await fetch(form.dataset.autosave, {
        method: "POST",
        body: data,
        headers: { Accept: "application/json", "X-Autosave": "1" },
        credentials: "same-origin",
        redirect: "manual",
        keepalive,
        signal: stop.signal,
      });
      return [response, await response.json().catch(() => ({}))];
    } finally {
      clearTimeout(patience);
      if (keepalive) afloat -= size;
    }
  };

  const accept = (form, name, result, refused) => {
    const drawn = form.elements.namedItem(`drawn:${name}`);
    if (drawn && result.drawn) drawn.value = result.drawn;
    if (stateOf(form).waiting.has(name)) return; // what was typed since is judged by itself
    const errors = result.errors || {};
    const error = errors[name] || "";
    if (refused || error) say(form, name, error ? "error" : "unsaved", words().refused, error);
    else say(form, name, "saved", words().saved.replace("{n}", result.saved), "");
    const read = fieldOf(form, name)?.querySelector("[data-field-read]");
    if (read) {
      read.textContent = result.read?.[name] || "";
      read.hidden = !read.textContent;
    }
    Object.entries(errors).forEach(([other, sentence]) => {
      if (other !== name) say(form, other, sentence ? "error" : "saved", undefined, sentence);
    });
    form.dispatchEvent(new CustomEvent("autosave:saved", { bubbles: true, detail: result }));
  };

  // What the answer says of its field; where it is to be sent again, with which words and after how many seconds.
  const hear = (form, name, response, result) => {
    const { status } = response;
    if (response.type === "opaqueredirect" || status === 401 || status === 403) {
      stateOf(form).shut.add(name);
      say(form, name, "unsaved", words().signedOut);
    } else if (status === 409) {
      say(form, name, "unsaved", result.detail || words().faster);
    } else if (status === 422 || (response.ok && result.saved)) {
      accept(form, name, result, status === 422);
    } else if (response.ok || status === 429 || status >= 500) {
      const wait = status === 429 ? Number(response.headers.get("Retry-After")) : 0;
      return { words: words().again, wait: Math.min(wait || 0, 60) };
    } else {
      say(form, name, "unsaved", words().failed);
    }
  };

  const deliver = async (form, name) => {
    const state = stateOf(form);
    const mine = ++turn;
    state.waiting.delete(name);
    state.last.set(name, mine);
    say(form, name, "saving", words().saving);
    let again;
    try {
      const [response, result] = await post(form, body(form, name, mine));
      if (state.last.get(name) === mine) again = hear(form, name, response, result);
    } catch {
      again = { words: words().noLine };
    }
    return state.last.get(name) === mine ? again : undefined; // a later sending of the same field has its own answer
  };

  const flush = async (form) => {
    const state = stateOf(form);
    const [name] = state.waiting;
    if (state.busy || name === undefined) return;
    clearTimeout(state.timer);
    state.since = undefined;
    state.busy = true;
    const again = await deliver(form, name);
    state.busy = false;
    if (again) retry(form, name, again);
    else state.tries = 0;
    form.dispatchEvent(new Event("autosave:rest"));
    if (!again) flush(form);
  };

  const retry = (form, name, again) => {
    const state = stateOf(form);
    state.waiting = new Set([name, ...state.waiting]);
    state.waiting.forEach((one) => say(form, one, "unsaved", again.words));
    clearTimeout(state.timer);
    state.timer = setTimeout(() => flush(form), (again.wait || WAITS[Math.min(state.tries++, WAITS.length - 1)]) * 1000);
  };

  const changed = (event, wait) => {
    const box = event.target;
    const form = box.closest?.("form[data-autosave]");
    if (!form || !box.name || box.type === "file" || box.closest("[data-no-autosave]")) return;
    const state = stateOf(form);
    [...state.shut, box.name].forEach((name) => state.waiting.add(name));
    state.shut.clear();
    state.since ??= Date.now();
    clearTimeout(state.timer);
    state.timer = setTimeout(() => flush(form), Math.max(0, Math.min(wait, state.since + LONGEST - Date.now())));
  };

  // The page may not come back: what waits goes now, beside what is on its way.
  const leave = () =>
    forms().forEach((form) => {
      clearTimeout(stateOf(form).timer);
      [...stateOf(form).waiting].forEach(async (name) => {
        const again = await deliver(form, name);
        if (again) retry(form, name, again);
      });
    });

  document.addEventListener("input", (event) => changed(event, PAUSE));
  document.addEventListener("change", (event) => changed(event, 0));
  // The button sends everything: what still waits goes with it, what is on its way arrives first.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-autosave]")) return;
    const state = stateOf(form);
    clearTimeout(state.timer);
    state.waiting.clear();
    if (!state.busy) return;
    event.preventDefault();
    let gone = false;
    const go = () => {
      if (gone) return;
      gone = true;
      state.busy = false;
      form.requestSubmit(event.submitter);
    };
    form.addEventListener("autosave:rest", go, { once: true });
    setTimeout(go, 5000);
  });
  document.addEventListener("formdata", ({ target, formData }) => {
    if (!target.matches("form[data-autosave]")) return;
    formData.set("page", page);
    formData.set("turn", ++turn);
  });
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  addEventListener("beforeunload", leave);
  addEventListener("pagehide", leave);
  addEventListener("online", () => forms().forEach(flush));
})();
