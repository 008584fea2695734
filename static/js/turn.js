// A paper photographed sideways is turned by a quarter at each press.
document.querySelectorAll("[data-turn]").forEach((button) => {
  button.addEventListener("click", () => {
    const mat = document.querySelector(button.dataset.turn);
    mat.dataset.turned = (Number(mat.dataset.turned || 0) + 1) % 4;
  });
});
