// Pages work without this file. HTMX does the work; this only says so when a request of its fails.
// One that was given up for a later one has not failed: whoever types on wants the later answer.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    const notice = document.createElement("p");
    notice.className = "notice error";
    notice.textContent = "That did not get through. Please try again.";
    document.getElementById("notices").replaceChildren(notice);
  });
}
