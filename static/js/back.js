// A page from the back cache may show what somebody else may no longer see: ask the server again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
