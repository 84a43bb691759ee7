// Loads the local copy of a script when its CDN refuses, changes the file, or does not answer in time.
// Dispatches `asset:ready` (or `asset:missing`) on document, once per script, with its name.
(() => {
  "use strict";
  const PATIENCE_MS = 2500;
  const settled = new Set();
  const fallen = new Set();
  const watched = new Set();

  const settle = (name, outcome) => {
    if (settled.has(name)) return;
    settled.add(name);
    document.dispatchEvent(new CustomEvent(outcome, { detail: { name } }));
  };

  const fallBack = (script) => {
    const name = script.dataset.name;
    if (settled.has(name) || fallen.has(name)) return;
    fallen.add(name);
    const copy = document.createElement("script");
    copy.src = script.dataset.fallback;
    copy.dataset.name = name;
    document.head.append(copy);
  };

  const named = (target) => target instanceof HTMLScriptElement && target.dataset.name;

  // Load and error events of elements never bubble and never reach window, so: document, capture.
  document.addEventListener("load", (event) => {
    if (named(event.target)) settle(event.target.dataset.name, "asset:ready");
  }, true);
  document.addEventListener("error", (event) => {
    if (!named(event.target)) return;
    if (event.target.dataset.fallback) fallBack(event.target);
    else settle(event.target.dataset.name, "asset:missing");
  }, true);

  // One timer for every script: a firewall that swallows packets gives neither load nor error.
  const watch = () => {
    for (const script of document.querySelectorAll("script[data-name][data-fallback]")) {
      if (watched.has(script)) continue;
      watched.add(script);
      setTimeout(() => fallBack(script), PATIENCE_MS);
    }
  };
  new MutationObserver(watch).observe(document, { childList: true, subtree: true });

  window.assets = {
    // Calls back when the named script has run, also when it ran long ago.
    ready: (name, callback) => {
      if (settled.has(name)) callback();
      else document.addEventListener("asset:ready", (event) => {
        if (event.detail.name === name) callback();
      });
    },
  };
})();
