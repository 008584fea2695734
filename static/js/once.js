// A form that is on its way is not sent again by a second click; it can be once the page is back, or nothing came of it.
(() => {
  const WAIT = 4000;
  const sent = new WeakSet();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || event.submitter?.formMethod === "get") return;
    if (sent.has(form)) return event.preventDefault();
    sent.add(form);
    setTimeout(() => sent.delete(form), WAIT);
  });
})();
