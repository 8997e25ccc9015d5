// Optional comfort: the pages are complete without it. Text from the server is only ever set as
// textContent, never as markup.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

const live = document.querySelector("[data-live]");
if (live && window.EventSource) {
  const progress = live.querySelector("[data-progress]");
  const events = new EventSource(live.dataset.live);
  events.addEventListener("check", (event) => {
    if (!progress) return;
    const check = JSON.parse(event.data);
    const line = document.createElement("li");
    line.textContent = `${check.check}: ${check.status}`;
    progress.append(line);
  });
  const done = () => { events.close(); location.reload(); };
  events.addEventListener("verdict", done);
  events.addEventListener("end", done);
}
