// Keeps the page's fragment up to date. The server says what is new; this script never asks in a loop while the
// link is up. <body data-live="rep:7" data-sequence="41" data-fragment-url="/me/fragment">; the fragment sits in #live.
// Dispatches on document: live:fragment, live:celebration, live:link (detail.state: live | lost | degraded).
(() => {
  "use strict";
  const RECONNECT_FIRST_MS = 500;
  const RECONNECT_MOST_MS = 5000;
  const LINK_PATIENCE_MS = 3000;
  const DEGRADED_EVERY_MS = 5000;
  const SCRIPT_PATIENCE_MS = 6000;
  const RETRY_MS = 1500;
  const UNCHANGED_SPREAD_MS = 3000;
  const SILENCE_EVERY_MS = 5000;

  const body = document.body;
  const room = body.dataset.live;
  const fragmentUrl = body.dataset.fragmentUrl;
  if (!room || !fragmentUrl) return;

  let sequence = Number(body.dataset.sequence) || 0;
  let confirmedAt = new Date();
  let isFetching = false;
  let mustFetchAgain = false;
  let hasConnected = false;
  let lostTimer = null;
  let degradedTimer = null;

  const isMine = (name) => name === room || name.startsWith(`${room}:`);
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  // --- what the person sees of the link -------------------------------------------------------------------------

  // As the server writes it: 24 hours and a colon in every language.
  const clockTime = () => confirmedAt.toLocaleTimeString("en-GB",
    { hour: "2-digit", minute: "2-digit", timeZone: body.dataset.zone || undefined });

  // As the server says it: whole hours, and whole days from the second on.
  const lasting = (seconds, words) => {
    const hours = Math.floor(seconds / 3600);
    return hours < 48 ? words.hours.replace("{count}", hours) : words.days.replace("{count}", Math.floor(hours / 24));
  };

  // A page that hears nothing cannot tell calm from a source that fell silent, unless it knows when to say so.
  const showSilence = () => {
    for (const element of document.querySelectorAll("[data-silent-at]")) {
      element.hidden = Date.now() / 1000 < Number(element.dataset.silentAt);
    }
    for (const element of document.querySelectorAll("[data-silent-since]")) {
      const words = lasting(Date.now() / 1000 - Number(element.dataset.silentSince), element.dataset);
      if (element.textContent !== words) element.textContent = words;
    }
  };
  setInterval(showSilence, SILENCE_EVERY_MS);

  const showAge = () => {
    for (const element of document.querySelectorAll("[data-stale]")) {
      const words = element.dataset.stale || "%s";
      element.textContent = body.dataset.link === "lost" ? words.replace("%s", clockTime()) : "";
      element.hidden = body.dataset.link !== "lost";
    }
  };

  const setLink = (state) => {
    clearTimeout(lostTimer);
    lostTimer = null;
    if (body.dataset.link === state) return;
    body.dataset.link = state;
    showAge();
    tell("live:link", { state, confirmedAt });
  };

  // A short cut (a lift, a new network) heals before anyone needs to be told.
  const expectLink = () => {
    if (lostTimer === null) lostTimer = setTimeout(() => setLink("lost"), LINK_PATIENCE_MS);
  };

  // --- the fragment ---------------------------------------------------------------------------------------------

  const show = async (html, newSequence) => {
    const target = document.getElementById("live");
    if (!target) return;
    try {
      // Morphing keeps the focus, what is half typed, and what is open.
      await window.htmx.swap({ sourceElement: target, target, text: html, swap: "innerMorph" });
    } catch {
      target.innerHTML = html; // htmx is not here yet, or could not: the right figures come first
    }
    sequence = newSequence;
    body.dataset.sequence = String(sequence);
    confirmedAt = new Date();
    showAge();
    tell("live:fragment", { sequence, confirmedAt });
  };

  const sequenceIn = (html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    return Number(parsed.querySelector("[data-sequence]")?.dataset.sequence ?? sequence);
  };

  const fetchOnce = async () => {
    const answer = await fetch(fragmentUrl, { credentials: "same-origin", cache: "no-store" });
    // Signed out, or no longer for this person: the whole page knows what to say.
    if (answer.redirected || [401, 403, 404].includes(answer.status)) return location.reload();
    if (!answer.ok) throw new Error(`fragment: ${answer.status}`);
    const html = await answer.text();
    // No message is shown while a fetch runs, so what it brings is the newest, also when a restored backup counts lower.
    return show(html, sequenceIn(html));
  };

  const refetch = async () => {
    if (isFetching) {
      mustFetchAgain = true;
      return;
    }
    isFetching = true;
    try {
      do {
        mustFetchAgain = false;
        await fetchOnce();
      } while (mustFetchAgain);
      if (degradedTimer !== null) setLink("degraded");
      else if (socket?.connected) setLink("live");
    } catch {
      if (socket?.connected) setTimeout(refetch, RETRY_MS * (1 + Math.random()));
      else expectLink();
    } finally {
      isFetching = false;
    }
  };

  // --- messages -------------------------------------------------------------------------------------------------

  let socket = null;
  let inOrder = Promise.resolve();

  const onFragment = async (message) => {
    if (!isMine(message.room) || message.sequence <= sequence) return;
    // A page whose view is its own, not the room's, only hears from a message that something is new.
    const isOfThisView = !("liveOwnView" in body.dataset);
    if (isOfThisView && message.previous_sequence === sequence && !isFetching) await show(message.html, message.sequence);
    else await refetch();
  };

  const onJoined = (message) => {
    const standing = Object.entries(message.sequences).find(([name]) => isMine(name))?.[1] ?? sequence;
    const isReconnect = hasConnected;
    hasConnected = true;
    setLink("live");
    if (standing > sequence) refetch();
    // After a cut, always; but when nothing seems to have changed, not all screens of a company at once.
    else if (isReconnect) sleep(Math.random() * UNCHANGED_SPREAD_MS).then(refetch);
  };

  const connect = () => {
    socket = window.io({
      transports: ["websocket"],
      // A browser may be both signed in and a paired wall: this says which of the two this page is.
      query: room.startsWith("team") ? { as: "screen" } : {},
      reconnectionDelay: RECONNECT_FIRST_MS,
      reconnectionDelayMax: RECONNECT_MOST_MS,
      randomizationFactor: 0.5,
      timeout: 5000,
    });
    socket.on("joined", onJoined);
    socket.on("fragment", (message) => { inOrder = inOrder.then(() => onFragment(message)).catch(refetch); });
    socket.on("celebration", (message) => { if (isMine(message.room)) tell("live:celebration", message); });
    // The server cannot follow what happens: the figures stay, and are said to be the last known.
    socket.on("away", () => { confirmedAt = new Date(); setLink("lost"); });
    socket.on("resync", (message) => {
      sleep(Math.random() * (message?.reason === "back" ? UNCHANGED_SPREAD_MS : 500)).then(refetch);
    });
    socket.on("signed_out", () => location.reload());
    socket.on("disconnect", (reason) => {
      confirmedAt = new Date();
      // Without a heartbeat the patience is spent already: the mark must show within 10 seconds of the cut.
      if (reason === "ping timeout") setLink("lost");
      else expectLink();
    });
    // A refused handshake does not say why: the fragment does, and 401 reloads to the sign-in page.
    socket.on("connect_error", (problem) => {
      expectLink();
      if (problem.message === "signed_out") location.reload();
      else refetch();
      // Socket.IO itself comes again only where the line failed, not where the server refused.
      if (!socket.active) setTimeout(() => socket.connect(), RECONNECT_MOST_MS);
    });
  };

  // --- without Socket.IO ----------------------------------------------------------------------------------------

  const degrade = () => {
    if (socket || degradedTimer !== null) return;
    degradedTimer = setInterval(refetch, DEGRADED_EVERY_MS);
    refetch();
  };

  const begin = () => {
    if (socket) return;
    clearInterval(degradedTimer);
    degradedTimer = null;
    connect();
  };

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    if (socket && !socket.connected) socket.connect();
    refetch();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  window.addEventListener("online", () => { if (socket && !socket.connected) socket.connect(); });

  if (window.io) begin();
  document.addEventListener("asset:ready", (event) => { if (event.detail.name === "socket.io") begin(); });
  document.addEventListener("asset:missing", (event) => { if (event.detail.name === "socket.io") degrade(); });
  setTimeout(degrade, SCRIPT_PATIENCE_MS);
  expectLink();
})();
