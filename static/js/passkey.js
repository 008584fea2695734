// Offers passkeys only where the browser can take one: by a name, for an IP address is no relying party.
(() => {
  const number = /^(\d+(\.\d+){3}|\[.*\])$/.test(location.hostname);
  const can = Boolean(window.PublicKeyCredential) && !number;
  document.querySelectorAll("[data-passkey]").forEach((place) => {
    place.dataset.passkey = ""; // until here it keeps its place and shows nothing
    place.hidden = !can;
  });
  document.querySelectorAll("[data-passkey-nowhere]").forEach((place) => (place.hidden = can));
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-refused]").forEach((place) => (place.hidden = false));
  });
})();
