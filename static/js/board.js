// Cards of the board are put into another column by hand: the same door as their menu, which works without this.
// A refused card stays where it was and says why.
(() => {
  let dragged = null;

  const targets = (card) => [...card.querySelectorAll("button[name=to]")].map((step) => step.value);
  const columns = () => document.querySelectorAll("[data-board] [data-stop]");

  const arm = () => {
    document.querySelectorAll("[data-board] [data-card]:has(button[name=to])").forEach((card) => (card.draggable = true));
  };
  document.addEventListener("DOMContentLoaded", arm);
  document.addEventListener("htmx:load", arm);

  const rest = () => {
    dragged?.removeAttribute("data-dragged");
    dragged = null;
    columns().forEach((column) => column.removeAttribute("data-takes"));
  };

  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.("[data-board] [data-card]");
    if (!card) return;
    dragged = card;
    card.setAttribute("data-dragged", "");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.card);
    const open = targets(card);
    columns().forEach((column) => open.includes(column.dataset.stop) && column.setAttribute("data-takes", ""));
  });

  const under = (event) => (dragged ? event.target.closest?.("[data-takes]") : null);
  document.addEventListener("dragover", (event) => {
    const column = under(event);
    columns().forEach((one) => one.hasAttribute("data-takes") && one.setAttribute("data-takes", one === column ? "over" : ""));
    if (column) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const column = under(event);
    if (!column) return;
    event.preventDefault();
    put(dragged, column.dataset.stop);
    rest();
  });
  document.addEventListener("dragend", rest);

  const put = (card, to) => {
    const step = card.querySelector(`button[name=to][value="${CSS.escape(to)}"]`);
    card.setAttribute("aria-busy", "true");
    window.htmx.ajax("POST", step.getAttribute("formaction"), { values: { to }, target: card, swap: "outerHTML" });
  };

  // The menu does the same without leaving the page.
  document.addEventListener("submit", (event) => {
    const step = event.submitter;
    if (!event.target.matches("[data-board]") || step?.name !== "to") return;
    event.preventDefault();
    put(step.closest("[data-card]"), step.value);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (localStorage.getItem("keys") === "off") return;
    const menu = event.target.closest?.("[data-card]")?.querySelector(".card-moves");
    if (!menu) return;
    event.preventDefault();
    menu.open = true;
    menu.querySelector("button").focus();
  });
})();
