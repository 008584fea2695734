// The keys of the desk: j k x Enter on rows, / to search, ? for the list, g and a letter to go,
// and any [data-key] of the page. They rest while somebody types, and can be turned off.
(() => {
  const off = () => localStorage.getItem("keys") === "off";
  const rows = () => [...document.querySelectorAll("[data-rows] > *, .ledger tbody tr")].filter((row) => row.offsetParent);
  let going = false;

  // The list of keys lies over the page without shutting it: to shut it would have every piece of it styled anew.
  const sheet = () => document.getElementById("keys");
  const leave = (where) => sheet()?.open && where && !sheet().contains(where) && sheet().close();
  document.addEventListener("click", (event) => leave(event.target));
  document.addEventListener("focusin", (event) => leave(event.target));

  const moveTo = (row) => {
    document.querySelectorAll("[data-cursor]").forEach((old) => old.removeAttribute("data-cursor"));
    row.setAttribute("data-cursor", "");
    row.scrollIntoView({ block: "nearest" });
    (row.querySelector("a, button") || row.querySelector("input"))?.focus({ preventScroll: true });
  };

  const step = (by) => {
    const all = rows();
    if (!all.length) return false;
    const at = all.findIndex((row) => row.hasAttribute("data-cursor"));
    moveTo(all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
    return true;
  };

  // A verdict waits for the picture: whoever is quick with the keys must not judge the next paper unseen.
  const isSeen = () => [...document.querySelectorAll(".mat img")].every((picture) => picture.complete);

  const press = (key) => {
    const row = document.querySelector("[data-cursor]");
    const own = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && one.offsetParent);
    if (own?.matches("textarea, input:not([type=checkbox], [type=radio])")) return own.focus(), true;
    if (own?.matches("[data-verdict]") && !isSeen()) return true;
    if (own) return own.click(), true;
    if (key === "j") return step(1);
    if (key === "k") return step(-1);
    if (key === "x") return row?.querySelector("input[type=checkbox]")?.click(), Boolean(row);
    if (key === "Enter" && row && document.activeElement === document.body) return row.querySelector("a")?.click(), true;
    if (key === "/") return document.querySelector("[data-search]")?.focus(), true;
    if (key === "?") return sheet()?.show(), true;
    return false;
  };

  const label = () => {
    const button = document.querySelector("[data-keys-toggle]");
    if (button) button.textContent = off() ? button.dataset.on : button.dataset.off;
  };
  document.addEventListener("DOMContentLoaded", label);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-keys-toggle]")) return;
    localStorage.setItem("keys", off() ? "on" : "off");
    label();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && sheet()?.open) return sheet().close(), event.stopImmediatePropagation();
    if (event.key === "Escape" && event.target.matches("[data-search], [data-key]")) return event.target.blur();
    const writing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (writing || document.querySelector("dialog[open]")) return;
    if (off() && event.key !== "?") return;
    if (event.repeat && !"jk".includes(event.key)) return; // a key that is held down is pressed once
    if (going) {
      going = false;
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (link) link.click();
      return;
    }
    if (event.key === "g") {
      going = true;
      setTimeout(() => (going = false), 1500);
    } else if (press(event.key)) event.preventDefault();
  });
})();
