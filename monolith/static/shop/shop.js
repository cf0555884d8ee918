// Pages work without this file. HTMX does the work; this only says so when a request of its fails.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) return;
  const notice = document.createElement("p");
  notice.className = "notice error";
  notice.textContent = "That did not get through. Please try again.";
  document.getElementById("notices").replaceChildren(notice);
});
