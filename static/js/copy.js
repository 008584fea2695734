// Copies the value of a data-copy button.
(() => {
  const put = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const box = document.createElement("textarea"); // where the clipboard is closed to scripts (plain http)
      box.value = text;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await put(button.dataset.copy);
    button.dataset.label ??= button.textContent;
    button.dataset.state = "copied";
    button.textContent = document.getElementById("words").dataset.copied;
    button.focus();
    setTimeout(() => {
      delete button.dataset.state;
      button.textContent = button.dataset.label;
    }, 2000);
  });
})();
