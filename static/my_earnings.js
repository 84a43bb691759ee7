// What the rep's page does beside showing figures: it says changes aloud, now and then, and marks a step reached, once.
(() => {
  "use strict";
  const QUIET_MS = 5000;
  const REACHED_MS = 1600;
  const announcement = document.getElementById("announcement");
  const current = () => document.querySelector(".earnings");
  let step = Number(current()?.dataset.step) || 0;
  let said = current()?.dataset.announce;
  let timer = null;

  const say = () => {
    timer = null;
    const words = current()?.dataset.announce;
    if (!announcement || !words || words === said) return;
    said = words;
    announcement.textContent = words;
  };

  const celebrate = (view) => {
    // On the body, where the next update does not sweep it away.
    document.body.classList.add("is-reached");
    setTimeout(() => document.body.classList.remove("is-reached"), REACHED_MS);
    if (announcement) announcement.textContent = view.dataset.reached;
  };

  document.addEventListener("live:fragment", () => {
    const view = current();
    if (!view) return;
    const reached = Number(view.dataset.step) || 0;
    if (reached > step) celebrate(view);
    step = reached;
    if (timer === null) timer = setTimeout(say, QUIET_MS);
  });
})();
