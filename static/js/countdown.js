// Keeps "17 h 30 min" true while the page stays open, and holds a button back for the seconds it must wait.
(() => {
  const words = () => document.getElementById("words").dataset;

  const tick = () => {
    document.querySelectorAll("[data-countdown]").forEach((place) => {
      const left = Math.floor((Date.parse(place.dataset.countdown) - Date.now()) / 60000);
      const minutes = Math.min(left, Number(place.dataset.most ?? left)); // it may not have begun yet
      if (minutes < 0) place.textContent = words().over;
      else if (minutes < 60) place.textContent = words().minutes.replace("{n}", minutes);
      else place.textContent = words().hours.replace("{n}", Math.floor(minutes / 60)).replace("{t}", minutes % 60);
    });
  };

  const hold = (root) => {
    root.querySelectorAll("button[data-wait]").forEach((button) => {
      const label = button.textContent;
      const until = Date.now() + Number(button.dataset.wait) * 1000;
      button.removeAttribute("data-wait");
      const count = () => {
        const seconds = Math.ceil((until - Date.now()) / 1000);
        button.disabled = seconds > 0;
        button.textContent = seconds > 0 ? `${label} (${words().wait.replace("{n}", seconds)})` : label;
        if (seconds > 0) setTimeout(count, 1000);
      };
      count();
    });
  };

  setInterval(tick, 20000);
  document.addEventListener("DOMContentLoaded", () => hold(document));
  document.addEventListener("htmx:load", (event) => hold(event.target));
})();
