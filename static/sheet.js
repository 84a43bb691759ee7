// A link that fills #sheet-body (by htmx) opens the sheet. Escape, the back button, the close button and a tap beside
// it close it; focus goes back to where it was. While it is open a live update refreshes it in place. Without this
// script the same links open pages of their own.
(() => {
  "use strict";
  const sheet = document.getElementById("sheet");
  const body = document.getElementById("sheet-body");
  if (!sheet || !body) return;
  let opener = null;
  let shown = null; // the address of what the sheet shows: the opener's, or that of a link followed inside

  const open = () => {
    if (sheet.open) return;
    history.pushState({ sheet: true }, "");
    sheet.showModal();
    sheet.scrollTop = 0;
    document.getElementById("sheet-title")?.focus();
  };

  const refresh = async () => {
    // What somebody is writing is left alone.
    if (!sheet.open || !shown || !window.htmx || body.querySelector("[data-being-written]")) return;
    const address = shown;
    const answer = await fetch(address, {
      credentials: "same-origin", cache: "no-store", headers: { "HX-Request": "true" },
    }).catch(() => null);
    if (!sheet.open || address !== shown) return;
    // No longer for this person, such as pay that managers were just stopped from seeing.
    if ([401, 403, 404].includes(answer?.status)) return sheet.close();
    if (!answer?.ok || answer.redirected) return;
    await window.htmx.swap({
      sourceElement: body, target: body, text: await answer.text(), swap: "innerMorph",
    });
  };

  const focusOpener = () => {
    // A pushed update may have replaced the link meanwhile: its address still names it.
    const link = opener && (document.contains(opener)
      ? opener
      : document.querySelector(`#main a[href="${CSS.escape(opener.getAttribute("href"))}"]`));
    link?.focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[hx-target="#sheet-body"]');
    if (!link) return;
    shown = link.getAttribute("href");
    if (!sheet.contains(link)) opener = link;
  }, true);

  document.addEventListener("htmx:after:swap", () => {
    if (body.querySelector("#sheet-title")) open();
    else if (body.childElementCount) location.reload(); // not a why: most likely the way to sign in
  });

  document.addEventListener("live:fragment", refresh);

  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) sheet.close();
  });

  sheet.addEventListener("close", () => {
    body.replaceChildren();
    if (history.state?.sheet) history.back();
    focusOpener();
  });

  window.addEventListener("popstate", () => {
    if (sheet.open) sheet.close();
  });
})();
