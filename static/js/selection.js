// Rows of a table that are chosen for one act: how many, all of the page at once, none with Escape.
// The form works without it: boxes are ticked, a button is pressed.
(() => {
  const picks = (form) => [...form.querySelectorAll("tbody input[name=case]")];

  const tell = (form) => {
    const all = picks(form);
    const chosen = all.filter((box) => box.checked).length;
    const count = form.querySelector("[data-selection-count]");
    count.textContent = count.dataset.words.replace("%(n)s", chosen);
    const page = form.querySelector("[data-select-page]");
    page.checked = chosen === all.length;
    page.indeterminate = chosen > 0 && chosen < all.length;
  };

  const each = () => document.querySelectorAll("[data-selecting]").forEach(tell);
  document.addEventListener("DOMContentLoaded", each);
  document.addEventListener("htmx:afterSwap", each);
  window.addEventListener("pageshow", each);

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-selecting]");
    if (!form) return;
    if (event.target.matches("[data-select-page]")) picks(form).forEach((box) => (box.checked = event.target.checked));
    tell(form);
  });
  document.addEventListener("reset", (event) => {
    if (event.target.matches("[data-selecting]")) setTimeout(() => tell(event.target));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open], [data-menu][open]")) return;
    document.querySelectorAll("[data-selecting]:has(tbody :checked)").forEach((form) => form.reset());
  });
})();
