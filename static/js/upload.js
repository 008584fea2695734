// Sends papers from the browser straight to storage, over a line that may break. See components/drop.html for the
// attributes. The chosen file stays in the page until the portal has confirmed it; every failure keeps it and tries
// again with growing waits, from a fresh form where the old one has run out.
(() => {
  const words = () => document.getElementById("words").dataset;
  const TYPES = {
    jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", heic: "image/heic", heif: "image/heif",
    webp: "image/webp", pdf: "application/pdf",
  };
  const WAITS = [2, 4, 8, 15, 30, 60];

  const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const typeOf = (file) => TYPES[file.name.split(".").pop().toLowerCase()] || file.type;
  const pause = (seconds, stopped) =>
    new Promise((done) => {
      const timer = setTimeout(done, seconds * 1000);
      addEventListener("online", () => (clearTimeout(timer), done()), { once: true });
      stopped(() => (clearTimeout(timer), done()));
    });

  class Refused extends Error {}
  class Stopped extends Error {}

  const objection = (form, file) => {
    const most = Number(form.dataset.max);
    if (!file.size) return words().empty;
    if (file.size > most) return words().tooBig.replace("{n}", size(file.size)).replace("{t}", size(most));
    if (!Object.values(TYPES).includes(typeOf(file))) return words().wrongType;
    return "";
  };

  const ask = async (form, address, data) => {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": form.dataset.csrf },
      body: JSON.stringify(data || {}),
      credentials: "same-origin",
      redirect: "manual",
    });
    const result = await response.json().catch(() => ({}));
    if (response.ok) return result;
    if (response.type === "opaqueredirect" || response.status === 401) throw new Refused(words().signedOut);
    if (response.status >= 500) throw new Error("server");
    if (response.status === 429 && !result.detail) throw new Refused(words().slowDown);
    throw new Refused(result.detail || result.title || words().failed);
  };

  const post = (start, file, type, bar, stopped) =>
    new Promise((done, failed) => {
      const data = new FormData();
      Object.entries(start.fields).forEach(([name, value]) => data.append(name, value));
      data.append("file", new File([file], file.name, { type })); // the file comes last, or storage ignores what follows
      const request = new XMLHttpRequest();
      request.open("POST", start.url);
      request.upload.onprogress = (event) => event.lengthComputable && bar(event.loaded / event.total);
      request.onload = () => (request.status < 300 ? done() : failed(new Error(`storage ${request.status}`)));
      request.onerror = request.ontimeout = () => failed(new Error("line"));
      stopped(() => (request.abort(), failed(new Stopped())));
      request.send(data);
    });

  const place = (form, file) => {
    const list = document.querySelector(form.dataset.list);
    const item = form.querySelector("[data-upload-row]").content.firstElementChild.cloneNode(true);
    item.querySelector("[data-upload-name]").textContent = file.name;
    item.querySelector("[data-upload-size]").textContent = size(file.size);
    item.querySelector("progress").setAttribute("aria-label", file.name);
    list.hidden = false;
    list.prepend(item);
    return item;
  };

  const mark = (item, state, text, note = "") => {
    const sign = item.querySelector("[data-upload-mark]");
    sign.dataset.state = state;
    sign.textContent = text;
    item.querySelector("[data-upload-words]").textContent = note;
  };

  const settle = async (form, item, result) => {
    mark(item, "checking", words().checking);
    item.querySelector("progress").remove();
    item.querySelectorAll("button").forEach((button) => button.remove());
    const address = result.state || form.dataset.stateUrl?.replace("DOCUMENT", encodeURIComponent(result.document));
    if (address) {
      const response = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (response.ok) {
        const box = document.createElement("template");
        box.innerHTML = await response.text();
        const fresh = box.content.firstElementChild;
        item.replaceWith(fresh);
        window.htmx?.process(fresh);
      }
    }
    form.dispatchEvent(new CustomEvent("upload:sent", { bubbles: true, detail: result }));
  };

  const sendOne = async (form, item, file) => {
    const type = typeOf(file);
    let halt = () => {};
    let ended = false;
    const stopped = (how) => (halt = how);
    const stop = item.querySelector("[data-upload-stop]");
    const again = item.querySelector("[data-upload-again]");
    const progress = item.querySelector("progress");
    stop.hidden = progress.hidden = false;
    again.hidden = true;
    delete item.dataset.broken;
    stop.onclick = () => {
      ended = true;
      halt();
    };
    const broken = (text, note) => {
      item.dataset.broken = "";
      mark(item, "todo", text, note);
      stop.hidden = progress.hidden = true;
      again.hidden = false;
      again.onclick = () => sendOne(form, item, file);
    };

    for (let attempt = 0; ; attempt += 1) {
      try {
        mark(item, "sending", words().starting);
        const start = await ask(form, form.dataset.start, { filename: file.name, size: file.size, content_type: type });
        if (ended) throw new Stopped();
        await post(start, file, type, (share) => {
          const percent = Math.round(share * 100);
          progress.value = percent;
          item.querySelector("[data-upload-mark]").textContent = words().sending.replace("{n}", `${percent} %`);
        }, stopped);
        for (let tries = 0; ; tries += 1) {
          try {
            const finish = start.finish || form.dataset.finish.replace("UPLOAD", encodeURIComponent(start.upload));
            return await settle(form, item, await ask(form, finish));
          } catch (error) {
            if (error instanceof Refused || tries >= WAITS.length || ended) throw error;
            await pause(WAITS[tries], stopped);
          }
        }
      } catch (error) {
        if (error instanceof Stopped || ended) return broken(words().stopped);
        if (error instanceof Refused) return broken(words().broken, error.message);
        if (attempt >= WAITS.length) return broken(words().broken, words().failed);
        const seconds = WAITS[attempt];
        mark(item, "sending", words().waiting.replace("{n}", seconds));
        progress.value = 0;
        await pause(seconds, stopped);
        if (ended) return broken(words().stopped);
      }
    }
  };

  const take = (form, files) => {
    for (const file of files) {
      const item = place(form, file);
      const why = objection(form, file);
      if (why) {
        item.dataset.broken = "";
        mark(item, "todo", words().broken, why);
        item.querySelectorAll("button, progress").forEach((part) => part.remove());
      } else sendOne(form, item, file);
    }
  };

  // Something the form must have before a file may go, such as a ticked consent, is a required field of it.
  const allowed = (form) => {
    const boxes = [...form.elements].filter((box) => box.required && box.type !== "file");
    return boxes.every((box) => box.reportValidity());
  };

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-upload]");
    if (!form || event.target.type !== "file" || !event.target.files.length || !allowed(form)) return;
    take(form, event.target.files);
    event.target.value = "";
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-upload]");
    if (!form) return;
    event.preventDefault();
    const input = form.querySelector("input[type=file]");
    if (!allowed(form)) return;
    take(form, input.files);
    input.value = "";
  });

  const formOver = (event) => event.target.closest?.("form[data-upload]");
  document.addEventListener("dragover", (event) => {
    const form = formOver(event);
    if (!form) return;
    event.preventDefault();
    form.dataset.over = "";
  });
  document.addEventListener("dragleave", (event) => {
    const form = formOver(event);
    if (form && !form.contains(event.relatedTarget)) delete form.dataset.over;
  });
  document.addEventListener("drop", (event) => {
    const form = formOver(event);
    if (!form) return;
    event.preventDefault();
    delete form.dataset.over;
    if (allowed(form)) take(form, event.dataTransfer.files);
  });

  // Leaving while something is under way would lose it: the browser asks.
  addEventListener("beforeunload", (event) => {
    if (document.querySelector("[data-upload-item] progress:not([hidden])")) event.preventDefault();
  });
  const bare = (root) => root.querySelectorAll("[data-upload-send]").forEach((button) => (button.hidden = true));
  document.addEventListener("DOMContentLoaded", () => bare(document));
  document.addEventListener("htmx:load", (event) => bare(event.target));
})();
