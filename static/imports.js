// A file that is too large is told before it is sent; any other is sent as soon as it is chosen or dropped.
(() => {
  "use strict";
  const form = document.querySelector("[data-import]");
  const input = form?.querySelector('input[type="file"]');
  if (!input) return;
  const warning = form.querySelector("[data-too-large]");

  input.addEventListener("change", () => {
    const isTooLarge = (input.files[0]?.size ?? 0) > Number(input.dataset.bytesMax);
    warning.textContent = isTooLarge ? warning.dataset.tooLarge : "";
    warning.hidden = !isTooLarge;
    if (isTooLarge) input.value = "";
    else if (input.files.length) form.requestSubmit();
  });
})();
