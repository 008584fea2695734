// Says in the page when a request of htmx went wrong, and leads the eye to what needs another look.
(() => {
  const words = () => document.getElementById("words").dataset;

  window.portalNotice = (text, kind = "refused") => {
    const place = document.getElementById("notices");
    if (!place) return;
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.dataset.notice = kind;
    const sentence = document.createElement("p");
    sentence.textContent = `${text} `;
    const close = document.createElement("button");
    close.type = "button";
    close.dataset.dismiss = "";
    close.textContent = words().close;
    sentence.append(close);
    notice.append(sentence);
    place.replaceChildren(notice);
    place.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest(".notice").remove();
  });

  document.addEventListener("htmx:sendError", () => window.portalNotice(words().noLine));
  document.addEventListener("htmx:timeout", () => window.portalNotice(words().noLine));
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    if (status === 401) window.portalNotice(words().signedOut);
    else if (status === 403) window.portalNotice(words().noRight);
    else if (status === 429) window.portalNotice(words().slowDown);
    else window.portalNotice(words().failed);
  });

  // What is to be read first: a notice or the summary of several answers; of one wrong answer alone its field.
  const first = (place) => place.querySelector("[data-focus]") ?? place.querySelector("[aria-invalid='true']");
  document.addEventListener("DOMContentLoaded", () => first(document)?.focus());
  document.addEventListener("htmx:load", (event) => event.target.querySelector && first(event.target)?.focus());

  // Whoever stood in a piece that is drawn anew stands in the new one, not at the top of the page.
  let stood = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    stood = target.contains(document.activeElement) ? target.id : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    const place = stood && document.getElementById(stood);
    stood = "";
    if (!place || (document.activeElement && document.activeElement !== document.body)) return;
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  });
})();
