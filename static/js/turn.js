// A paper photographed sideways is turned by a quarter at each press; without a script the button stays hidden.
document.querySelectorAll("[data-turn]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const mat = document.querySelector(button.dataset.turn);
    mat.dataset.turned = (Number(mat.dataset.turned || 0) + 1) % 4;
  });
});
