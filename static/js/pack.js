// The submission pack by keys: j and k go along the facts, c copies the one at hand and goes on, 1 to 9 jump to a part.
(() => {
  const rows = () => [...document.querySelectorAll("[data-pack-row]")];
  const sections = () => [...document.querySelectorAll("[data-pack-section]")];
  const here = () => document.querySelector("[data-pack-row][data-cursor]");

  const moveTo = (row) => {
    if (!row) return;
    here()?.removeAttribute("data-cursor");
    row.setAttribute("data-cursor", "");
    row.scrollIntoView({ block: "center" });
    row.querySelector("[data-copy]")?.focus({ preventScroll: true });
  };

  const step = (by) => {
    const all = rows();
    const at = all.indexOf(here());
    moveTo(all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
  };

  // The row whose value is in the clipboard stays marked; the next one is at hand.
  const copyAndGoOn = () => {
    const row = here() ?? rows()[0];
    row?.querySelector("[data-copy]")?.click();
    setTimeout(() => {
      moveTo(row);
      step(1);
    }, 120);
  };

  const press = (key) => {
    if (key === "j") return step(1), true;
    if (key === "k") return step(-1), true;
    if (key === "c") return copyAndGoOn(), true;
    const section = /^[1-9]$/.test(key) && sections()[key - 1];
    if (section) return moveTo(section.querySelector("[data-pack-row]")), true;
    return false;
  };

  const isOff = () => localStorage.getItem("keys") === "off";
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-pack-keys]").forEach((one) => (one.hidden = isOff()));
  });
  let going = 0; // g and a letter lead elsewhere (keys.js)
  // Before the keys of the desk, whose j and k go along the rows of tables.
  document.addEventListener(
    "keydown",
    (event) => {
      if (isOff() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.target.closest("input, textarea, select") || document.querySelector("dialog[open]")) return;
      if (event.key === "g") going = Date.now();
      else if (Date.now() - going < 1500) going = 0;
      else if (press(event.key)) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    true,
  );
})();
