// Keeps the number in the menu up to date: how many disputes wait for the reader. A page that lists them knows; on the
// team's page the pushed partial only says that somebody has said something.
(() => {
  "use strict";
  const badge = document.querySelector("[data-waiting-badge]");
  if (!badge) return;
  const acts = () => document.querySelector("[data-dispute-acts]")?.dataset.disputeActs;
  let known = acts();

  const show = (count) => {
    badge.querySelector("[data-waiting-count]").textContent = count;
    badge.hidden = Number(count) === 0;
  };

  const ask = async () => {
    const answer = await fetch("/disputes/waiting", { credentials: "same-origin", cache: "no-store" }).catch(() => null);
    if (answer?.ok && !answer.redirected) show(await answer.text());
  };

  document.addEventListener("live:fragment", () => {
    const listed = document.querySelector("[data-waiting]")?.dataset.waiting;
    if (listed !== undefined) return show(listed);
    if (acts() !== undefined && acts() === known) return;
    known = acts();
    ask();
  });
})();
