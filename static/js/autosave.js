// Saves answers as they are typed. <form data-autosave="ADDRESS" data-version="7"> sends each changed field by itself:
// POST ADDRESS, the field's name and value as a form, If-Match: "7", X-Autosave: 1. The answer is JSON:
//   200 {"version": 8, "saved": "14:02", "errors": {"mobile": "sentence"}}   errors null or absent: fine now
//       "read": {"mobile": "sentence"}                                       kept otherwise than typed: said beside it
//   409 {"version": 9, "detail": "sentence"}                                  somebody was faster; nothing is overwritten
//   422 {"errors": {"mobile": "sentence"}, "saved": "14:02"}                  kept as typed, or not, with a sentence
// One request at a time, so that versions follow each other. The text is never taken from the page.
(() => {
  const words = () => document.getElementById("words").dataset;
  const waiting = new WeakMap(); // form → fields not yet sent, in order
  const timers = new WeakMap();
  const busy = new WeakSet();
  const WAITS = [2, 5, 10, 30];

  const fieldOf = (form, name) => form.querySelector(`[data-field="${CSS.escape(name)}"]`);

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

  const body = (form, name) => {
    const data = new FormData();
    const all = new FormData(form);
    data.append("csrfmiddlewaretoken", all.get("csrfmiddlewaretoken") || "");
    data.append("field", name);
    const values = all.getAll(name);
    if (values.length) values.forEach((value) => data.append(name, value));
    else data.append(name, "");
    return data;
  };

  const send = async (form, name, keepalive = false) =>
    fetch(form.dataset.autosave, {
      method: "POST",
      body: body(form, name),
      headers: {
        Accept: "application/json",
        "X-Autosave": "1",
        ...(form.dataset.version ? { "If-Match": `"${form.dataset.version}"` } : {}),
      },
      credentials: "same-origin",
      redirect: "manual",
      keepalive,
    });

  const answer = async (form, name, response) => {
    if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
      say(form, name, "unsaved", words().signedOut);
      return;
    }
    const result = await response.json().catch(() => ({}));
    if (response.status === 409) {
      say(form, name, "unsaved", result.detail || words().faster);
      return;
    }
    if (response.status === 429) {
      say(form, name, "unsaved", words().slowDown);
      return;
    }
    if (!response.ok && response.status !== 422) {
      say(form, name, "unsaved", words().failed);
      return;
    }
    if (result.version) {
      form.dataset.version = result.version;
      const seen = form.querySelector("input[type=hidden][name=version]");
      if (seen) seen.value = result.version;
    }
    const errors = result.errors || {};
    const error = errors[name] || "";
    const time = result.saved || new Date().toTimeString().slice(0, 5);
    if (error) say(form, name, "error", words().kept.replace("{n}", time), error);
    else say(form, name, "saved", words().saved.replace("{n}", time), "");
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

  const rest = (form) => {
    busy.delete(form);
    form.dispatchEvent(new Event("autosave:rest"));
  };

  const flush = async (form, attempt = 0) => {
    if (busy.has(form)) return;
    const names = waiting.get(form);
    const name = names?.values().next().value;
    if (name === undefined) return;
    busy.add(form);
    names.delete(name);
    say(form, name, "saving", words().saving);
    try {
      await answer(form, name, await send(form, name));
      attempt = 0;
    } catch {
      names.add(name);
      say(form, name, "unsaved", words().noLine);
      rest(form);
      const again = setTimeout(() => flush(form, attempt + 1), WAITS[Math.min(attempt, WAITS.length - 1)] * 1000);
      addEventListener("online", () => (clearTimeout(again), flush(form)), { once: true });
      return;
    }
    rest(form);
    flush(form);
  };

  const changed = (event, wait) => {
    const box = event.target;
    const form = box.closest?.("form[data-autosave]");
    if (!form || !box.name || box.type === "file" || box.closest("[data-no-autosave]")) return;
    if (!waiting.has(form)) waiting.set(form, new Set());
    waiting.get(form).add(box.name);
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => flush(form), wait));
  };

  document.addEventListener("input", (event) => changed(event, 600));
  document.addEventListener("change", (event) => changed(event, 0));
  // The button sends everything: what still waits goes with it, what is on its way arrives first.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-autosave]")) return;
    clearTimeout(timers.get(form));
    waiting.get(form)?.clear();
    if (!busy.has(form)) return;
    event.preventDefault();
    let gone = false;
    const go = () => {
      if (gone) return;
      gone = true;
      busy.delete(form);
      form.requestSubmit(event.submitter);
    };
    form.addEventListener("autosave:rest", go, { once: true });
    setTimeout(go, 5000);
  });
  addEventListener("pagehide", () => {
    document.querySelectorAll("form[data-autosave]").forEach((form) => {
      (waiting.get(form) || []).forEach((name) => send(form, name, true).catch(() => {}));
    });
  });
})();
