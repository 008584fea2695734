// Sends papers from the browser straight to storage, over a line that may break. See components/drop.html for the
// attributes. A small file goes by one form; a larger one in parts, each tried until it has come, and goes on after a
// closed tab when the same file is chosen again: the portal knows what has arrived, and nothing is kept in the browser.
(() => {
  const words = () => document.getElementById("words").dataset;
  const TYPES = {
    jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", heic: "image/heic", heif: "image/heif",
    webp: "image/webp", pdf: "application/pdf",
  };
  const WAITS = [2, 4, 8, 15, 30, 60];
  const FRESH = 300_000; // forms and links live ten minutes
  const STILL = 60_000; // a phone that changed its network hears nothing more, and no error either

  const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const typeOf = (file) => TYPES[file.name.split(".").pop().toLowerCase()] || file.type;
  const pause = (seconds, stopped) =>
    new Promise((done) => {
      const timer = setTimeout(done, seconds * 1000);
      // Not at once: what was on its way when the line broke may just be arriving.
      addEventListener("online", () => (clearTimeout(timer), setTimeout(done, 1000)), { once: true });
      stopped(() => (clearTimeout(timer), done()));
    });

  class Refused extends Error {}
  class Stopped extends Error {}
  class Away extends Error {} // the line, not what was asked

  const objection = (form, file) => {
    const most = Number(form.dataset.max);
    if (!file.size) return words().empty;
    if (file.size > most) return words().tooBig.replace("{n}", size(file.size)).replace("{t}", size(most));
    if (!Object.values(TYPES).includes(typeOf(file))) return words().wrongType;
    return "";
  };

  // Only a small file can be a small picture, so no phone opens fifty megapixels for this.
  const tooFewPixels = async (form, file) => {
    const least = Number(form.dataset.least);
    if (!least || file.size > 2e6 || !window.createImageBitmap || !/jpeg|png|webp/.test(typeOf(file))) return "";
    try {
      const { width, height } = await createImageBitmap(file);
      return Math.min(width, height) < least ? words().tooSmall.replace("{n}", `${width} × ${height}`) : "";
    } catch {
      return ""; // the portal opens it and says what is wrong
    }
  };

  const ask = async (form, address, data) => {
    const headers = { Accept: "application/json" };
    if (data) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": form.dataset.csrf });
    const response = await fetch(address, {
      method: data ? "POST" : "GET",
      headers,
      body: data && JSON.stringify(data),
      credentials: "same-origin",
      redirect: "manual",
    }).catch(() => {
      throw new Away("portal");
    });
    const result = await response.json().catch(() => ({}));
    if (response.ok) return result;
    if (response.type === "opaqueredirect" || response.status === 401) throw new Refused(words().signedOut);
    if (response.status >= 500 || result.code === "parts_missing") throw new Error("server");
    if (response.status === 429 && !result.detail) throw new Refused(words().slowDown);
    throw new Refused(result.detail || result.title || words().failed);
  };

  const read = (piece) =>
    piece.arrayBuffer().catch(() => {
      throw new Refused(words().unreadable);
    });

  const transfer = (method, address, body, bar, stopped) =>
    new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      let timer = 0;
      const end = (settled, value) => {
        clearTimeout(timer);
        removeEventListener("offline", cut);
        settled(value);
        request.abort();
      };
      const cut = () => end(failed, new Away("line"));
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(cut, STILL);
      };
      request.open(method, address);
      request.upload.onprogress = (event) => {
        wait();
        if (event.lengthComputable) bar(event.loaded / event.total);
      };
      request.onload = () =>
        request.status < 300 ? end(done) : end(failed, new Error(`storage ${request.status}`));
      request.onerror = request.ontimeout = request.onabort = cut; // Safari calls a lost line an abort
      addEventListener("offline", cut);
      stopped(() => end(failed, new Stopped()));
      wait();
      request.send(body);
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

  // Whoever stood on a button of a row that goes or is hidden stands on what took its place.
  const stands = (item) => item.contains(document.activeElement);

  const settle = async (form, item, result) => {
    const held = stands(item);
    mark(item, "checking", words().checking);
    item.querySelectorAll("progress, button").forEach((part) => part.remove());
    const address = result.state || form?.dataset.stateUrl?.replace("DOCUMENT", encodeURIComponent(result.document));
    const response = address && (await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null));
    if (response?.ok) {
      const box = document.createElement("template");
      box.innerHTML = await response.text();
      const fresh = box.content.firstElementChild;
      if (fresh.id) document.getElementById(fresh.id)?.remove();
      item.replaceWith(fresh);
      window.htmx?.process(fresh);
      item = fresh;
    }
    if (held) {
      item.tabIndex = -1;
      item.focus({ preventScroll: true });
    }
    form?.dispatchEvent(new CustomEvent("upload:sent", { bubbles: true, detail: result }));
  };

  const show = (item, bytes, of) => {
    const percent = Math.min(99, Math.floor((100 * bytes) / of)); // all of it is there when the portal says so
    item.querySelector("progress").value = percent;
    mark(item, "sending", words().sending.replace("{n}", `${percent} %`));
  };

  // Tried until it is done or refused. A line that is away is waited for as long as it takes; what else fails, not.
  const steadily = async (item, run, attempt) => {
    let failures = 0;
    let waits = 0;
    for (;;) {
      try {
        return await attempt(() => (failures = waits = 0));
      } catch (error) {
        if (run.ended) throw new Stopped();
        if (error instanceof Refused || (!(error instanceof Away) && (failures += 1) > WAITS.length)) throw error;
        const seconds = WAITS[Math.min(waits, WAITS.length - 1)];
        waits += 1;
        mark(item, "sending", navigator.onLine ? words().waiting.replace("{n}", seconds) : words().offline);
        await pause(navigator.onLine ? seconds : WAITS.at(-1), run.stopped);
        if (run.ended) throw new Stopped();
      }
    }
  };

  const atOnce = (form, item, file, run) => {
    let start = null;
    let since = 0;
    let sent = false;
    return steadily(item, run, async () => {
      if (!sent) {
        mark(item, "sending", words().starting);
        const bytes = await read(file);
        if (!start || Date.now() - since > FRESH) {
          start = await ask(form, form.dataset.start, { filename: file.name, size: file.size, content_type: typeOf(file) });
          since = Date.now();
        }
        if (run.ended) throw new Stopped();
        const data = new FormData();
        Object.entries(start.fields).forEach(([name, value]) => data.append(name, value));
        data.append("file", new File([bytes], file.name, { type: typeOf(file) })); // last, or storage ignores what follows
        try {
          await transfer("POST", start.url, data, (share) => show(item, share * file.size, file.size), run.stopped);
        } catch (error) {
          if (!(error instanceof Away)) start = null; // storage does not take this form: another one
          throw error;
        }
        sent = true;
      }
      return ask(form, start.finish || form.dataset.finish.replace("UPLOAD", encodeURIComponent(start.upload)), {});
    });
  };

  // Which file this is, so that it is known again from another tab or device; nothing where the page is not secure.
  const markOf = async (file) => {
    const bytes = await read(file);
    if (!window.crypto?.subtle) return "";
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const bytesOf = (parts) => parts.reduce((sum, one) => sum + one.size, 0);

  const inParts = async (form, item, file, run) => {
    mark(item, "sending", words().starting);
    const given = { filename: file.name, size: file.size, content_type: typeOf(file), parts: true, sha256: await markOf(file) };
    let told = await steadily(item, run, () => ask(form, form.dataset.start, given));
    let asked = Date.now();
    let doubt = false; // of a part whose answer was lost only the portal knows whether it came
    run.cancel = told.cancel;
    document.querySelector(`[data-upload-unfinished="${told.upload}"]`)?.remove();
    return alone(told.upload, item, run, (waited) => {
      doubt = waited;
      return steadily(item, run, async (fine) => {
        for (;;) {
          if (doubt || Date.now() - asked > FRESH) {
            told = await ask(form, told.at);
            asked = Date.now();
            doubt = false;
          }
          if (run.ended) throw new Stopped();
          if (told.document) return told;
          if (told.standing === "ended") throw new Refused(words().ended);
          const part = told.parts.find((one) => !one.arrived);
          if (!part) {
            doubt = true;
            return await ask(form, told.finish, {});
          }
          const done = bytesOf(told.parts.filter((one) => one.arrived));
          const from = bytesOf(told.parts.filter((one) => one.number < part.number));
          show(item, done, file.size);
          const bytes = await read(file.slice(from, from + part.size));
          doubt = true;
          await transfer("PUT", part.url, bytes, (share) => show(item, done + share * part.size, file.size), run.stopped);
          doubt = false;
          part.arrived = true;
          fine();
        }
      });
    });
  };

  // Two tabs with one file: one sends, the other waits for what comes of it.
  const alone = async (name, item, run, job) => {
    if (!navigator.locks) return job(false);
    const busy = Symbol("busy");
    const first = await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? job(false) : busy));
    if (first !== busy) return first;
    mark(item, "sending", words().elsewhere);
    const control = new AbortController();
    run.stopped(() => control.abort());
    return navigator.locks.request(name, { signal: control.signal }, () => job(true));
  };

  let queue = Promise.resolve();
  const send = (form, item, file) => {
    const run = { ended: false, halt: () => {}, cancel: "", stopped: (how) => (run.halt = how) };
    const stop = item.querySelector("[data-upload-stop]");
    const again = item.querySelector("[data-upload-again]");
    const cancel = item.querySelector("[data-upload-cancel]");
    const progress = item.querySelector("progress");
    const broken = (text, note) => {
      const held = stands(item);
      item.dataset.broken = "";
      delete item.dataset.live;
      mark(item, "todo", text, note);
      stop.hidden = progress.hidden = true;
      again.hidden = cancel.hidden = false;
      if (held) again.focus();
    };
    const held = stands(item);
    stop.hidden = progress.hidden = false;
    again.hidden = cancel.hidden = true;
    if (held) stop.focus();
    again.textContent = words().tryAgain;
    delete item.dataset.broken;
    item.dataset.live = "";
    mark(item, "sending", words().queued);
    stop.onclick = () => {
      run.ended = true;
      run.halt();
      broken(words().stopped);
    };
    again.onclick = () => send(form, item, file);
    cancel.onclick = async () => {
      try {
        if (run.cancel) await ask(form, run.cancel, {});
        item.remove();
        form.querySelector("input[type=file]").focus();
      } catch (error) {
        mark(item, "todo", words().stopped, error instanceof Refused ? error.message : words().failed);
      }
    };
    const job = async () => {
      if (run.ended) return;
      try {
        const way = file.size > Number(form.dataset.parts || Infinity) ? inParts : atOnce;
        await settle(form, item, await way(form, item, file, run));
      } catch (error) {
        if (run.ended) return;
        broken(words().broken, error instanceof Refused ? error.message : words().failed);
      }
    };
    queue = queue.then(job); // one after the other: two at once are twice as slow, and lose twice as much
  };

  const take = (form, files) => {
    for (const file of [...files].reverse().map((one) => [one, place(form, one)]).reverse()) check(form, ...file);
  };

  const check = async (form, file, item) => {
    const why = objection(form, file);
    if (why) {
      item.dataset.broken = "";
      mark(item, "todo", words().broken, why);
      item.querySelectorAll("button, progress").forEach((part) => part.remove());
      return;
    }
    const small = await tooFewPixels(form, file);
    if (!small) return send(form, item, file);
    item.dataset.broken = "";
    mark(item, "todo", words().broken, small);
    item.querySelector("progress").hidden = item.querySelector("[data-upload-stop]").hidden = true;
    const again = item.querySelector("[data-upload-again]");
    const cancel = item.querySelector("[data-upload-cancel]");
    again.textContent = words().anyway;
    again.hidden = cancel.hidden = false;
    again.onclick = () => send(form, item, file);
    cancel.onclick = () => item.remove();
  };

  // What was begun and not finished, on this device or another, stands in the list with how far it has come.
  const recall = async (item) => {
    const told = await ask(null, item.dataset.at).catch(() => null);
    if (!told || !item.isConnected) return;
    if (told.document) return settle(null, item, told);
    if (told.standing !== "open") return item.remove();
    const come = bytesOf(told.parts.filter((one) => one.arrived));
    item.querySelector("progress").value = Math.floor((100 * come) / told.size);
    item.querySelector("[data-upload-words]").textContent = words().goOn.replace("{n}", size(come)).replace("{t}", size(told.size));
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

  // Leaving while something is under way halts it: the browser asks.
  addEventListener("beforeunload", (event) => {
    if (document.querySelector("[data-upload-item][data-live]")) event.preventDefault();
  });
  const ready = (root) => {
    root.querySelectorAll("[data-upload-send]").forEach((button) => (button.hidden = true));
    root.querySelectorAll("[data-upload-unfinished]").forEach(recall);
  };
  document.addEventListener("DOMContentLoaded", () => ready(document));
  document.addEventListener("htmx:load", (event) => event.target !== document.body && ready(event.target));
})();
