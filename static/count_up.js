// A changed figure counts up in its own width: <span id="earned" data-count-up="187450">187.450</span>.
// The server's text is what stands there in the end; whoever asked for less motion gets it at once.
(() => {
  "use strict";
  const DURATION_MS = 400;
  const shown = new Map();
  const figures = () => document.querySelectorAll("[data-count-up][id]");
  const remember = () => figures().forEach((figure) => shown.set(figure.id, Number(figure.dataset.countUp)));
  const format = new Intl.NumberFormat(document.documentElement.lang || "en", { maximumFractionDigits: 0 });
  const eased = (part) => 1 - (1 - part) ** 3;

  const countUp = (figure, from, to) => {
    const settled = figure.textContent;
    const start = performance.now();
    figure.style.minWidth = `${figure.getBoundingClientRect().width}px`;
    const step = (now) => {
      const part = Math.min(1, (now - start) / DURATION_MS);
      const isStillMine = Number(figure.dataset.countUp) === to;
      if (part < 1 && isStillMine) {
        figure.textContent = format.format(Math.round(from + (to - from) * eased(part)));
        requestAnimationFrame(step);
      } else {
        if (isStillMine) figure.textContent = settled;
        figure.style.minWidth = "";
      }
    };
    requestAnimationFrame(step);
  };

  document.addEventListener("live:fragment", () => {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
    for (const figure of figures()) {
      const from = shown.get(figure.id);
      const to = Number(figure.dataset.countUp);
      if (!isCalm && from !== undefined && from !== to) countUp(figure, from, to);
    }
    remember();
  });
  remember();
})();
