// The rep's own file: one that is too large is told before it is sent; any other is compared as soon as it is chosen.
(() => {
  "use strict";
  const form = document.querySelector("[data-spreadsheet]");
  const input = form?.querySelector('input[type="file"]');
  const found = document.getElementById("found");
  if (!input || !found) return;
  const warning = form.querySelector("[data-too-large]");

  input.addEventListener("change", () => {
    found.replaceChildren(); // what was chosen for another file says nothing about this one
    const isTooLarge = (input.files[0]?.size ?? 0) > Number(input.dataset.bytesMax);
    warning.textContent = isTooLarge ? warning.dataset.tooLarge : "";
    warning.hidden = !isTooLarge;
    if (isTooLarge) input.value = "";
    else if (input.files.length && window.htmx) form.requestSubmit();
  });
})();
