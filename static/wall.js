// The wall's own script: the clock, wins that fill the screen, sound after a press, and a fresh start every night.
(() => {
  "use strict";
  const CARD_MS = 8000;
  const GATHER_MS = 400;
  const REST_MS = 5000;
  const NAMES_MOST = 4;
  const LONG_HEADLINE = 24;
  const CLOCK_EVERY_MS = 5000;
  const SOUND_KEY = "wall-sound";

  const body = document.body;
  const card = document.getElementById("win");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const isCalm = () => "calm" in body.dataset;
  const isStill = () => still.matches || isCalm();

  // Which walls are calm comes with the figures, so that a manager's choice needs nobody at the screen.
  const showCalm = () => {
    const calm = document.querySelector("[data-calm-screens]")?.dataset.calmScreens.split(" ") ?? [];
    body.toggleAttribute("data-calm", calm.includes(body.dataset.screen));
  };

  // --- the clock ------------------------------------------------------------------------------------------------

  const clock = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", timeZone: body.dataset.zone || undefined,
  });
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: body.dataset.zone || undefined });
  const firstDay = day.format(new Date());

  // While the link is up the figures are as of now; when it is lost, live.js says as of when they are.
  const tick = () => {
    const face = document.querySelector("[data-clock]");
    if (face && body.dataset.link !== "lost") face.textContent = clock.format(new Date());
    if (day.format(new Date()) !== firstDay) startNewDay();
  };

  // At midnight nothing happens that could push a new page, but "today" is another day. Only towards a server that
  // answers: a wall must never end up on the browser's error page.
  let isStarting = false;
  const startNewDay = async () => {
    if (isStarting) return;
    isStarting = true;
    try {
      const answer = await fetch(body.dataset.fragmentUrl, { credentials: "same-origin", cache: "no-store" });
      if (answer.ok) location.reload();
    } catch {
      // Still cut off: the next tick tries again.
    }
    setTimeout(() => { isStarting = false; }, 60000);
  };

  // --- a win ----------------------------------------------------------------------------------------------------

  let waiting = [];
  let isShowing = false;
  const seen = new Set();
  const part = (name) => card.querySelector(`[data-${name}]`);

  const listed = (names, unnamedCount) => {
    const shown = names.length > NAMES_MOST ? names.slice(0, NAMES_MOST - 1) : [...names];
    const restCount = names.length - shown.length + unnamedCount;
    if (restCount) shown.push(`${restCount} ${card.dataset.others}`);
    if (shown.length < 2) return shown.join("");
    return card.dataset.and.replace("{names}", shown.slice(0, -1).join(", ")).replace("{last}", shown.at(-1));
  };

  // A burst becomes one card: three in a row would keep the room from its figures for half a minute.
  const merged = (wins) => {
    if (wins.length === 1) return wins[0];
    const named = wins.filter((win) => win.person);
    const names = [...new Set(named.map((win) => win.person))];
    const words = names.length ? card.dataset.manyNamed : card.dataset.many;
    return {
      initials: "",
      headline: words.replace("{count}", wins.length).replace("{names}", listed(names, wins.length - named.length)),
      team_line: wins.at(-1).team_line,
      step_line: "",
    };
  };

  const show = () => {
    const win = merged(waiting);
    waiting = [];
    part("initials").textContent = win.initials;
    part("headline").textContent = win.headline;
    part("headline").dataset.length = win.headline.length > LONG_HEADLINE ? "long" : "short";
    part("team-line").textContent = win.team_line;
    part("step-line").textContent = win.step_line;
    card.hidden = false;
    const stop = throwConfetti();
    chime();
    setTimeout(() => {
      stop();
      card.hidden = true;
      setTimeout(rested, REST_MS);
    }, CARD_MS);
  };

  // On a day with many wins the room still sees its figures between two cards.
  const rested = () => {
    isShowing = false;
    if (waiting.length) gather();
  };

  const gather = () => {
    isShowing = true;
    setTimeout(show, GATHER_MS);
  };

  document.addEventListener("live:celebration", (event) => {
    if (seen.has(event.detail.sequence)) return;
    seen.add(event.detail.sequence);
    if (seen.size > 200) seen.delete(seen.values().next().value);
    waiting.push(event.detail);
    if (!isShowing) gather();
  });

  // --- confetti -------------------------------------------------------------------------------------------------

  const piece = (width, height, colours, unit) => ({
    x: Math.random() * width,
    y: (isStill() ? Math.random() : Math.random() * 1.4 - 1) * height,
    width: (10 + Math.random() * 14) * unit,
    height: (22 + Math.random() * 18) * unit,
    fall: (110 + Math.random() * 190) * unit,
    sway: (Math.random() - 0.5) * 90 * unit,
    angle: Math.random() * Math.PI,
    spin: (Math.random() - 0.5) * 2.4,
    colour: colours[Math.floor(Math.random() * colours.length)],
  });

  const draw = (pen, pieces, width, height, seconds) => {
    pen.clearRect(0, 0, width, height);
    for (const one of pieces) {
      // Faint where the words are, so that they stay readable.
      const isBehindWords = Math.abs(one.x - width / 2) < width * 0.4 && Math.abs(one.y - height / 2) < height * 0.32;
      pen.globalAlpha = isBehindWords ? 0.14 : 0.85;
      pen.setTransform(1, 0, 0, 1, one.x, one.y);
      pen.rotate(one.angle + one.spin * seconds);
      pen.fillStyle = one.colour;
      pen.beginPath();
      pen.roundRect(-one.width / 2, -one.height / 2, one.width, one.height, one.width / 3);
      pen.fill();
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
  };

  const fall = (pieces, seconds, width, height) => {
    for (const one of pieces) {
      one.y += one.fall * seconds;
      one.x += one.sway * seconds;
      if (one.y > height + one.height) {
        one.y = -one.height;
        one.x = Math.random() * width;
      }
    }
  };

  const throwConfetti = () => {
    const canvas = card.querySelector("canvas");
    const width = canvas.width = innerWidth;
    const height = canvas.height = innerHeight;
    const pen = canvas.getContext("2d");
    const tokens = getComputedStyle(document.documentElement);
    const colours = ["--acc", "--amber", "--blue"].map((name) => tokens.getPropertyValue(name).trim());
    const unit = Math.min(width / 1920, height / 1080);
    const pieces = Array.from({ length: 90 }, () => piece(width, height, colours, unit));
    draw(pen, pieces, width, height, 0);
    if (isStill()) return () => {};
    let frame = 0;
    let before = performance.now();
    const started = before;
    const step = (now) => {
      fall(pieces, Math.min(now - before, 100) / 1000, width, height);
      before = now;
      draw(pen, pieces, width, height, (now - started) / 1000);
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  };

  // --- sound ----------------------------------------------------------------------------------------------------

  const button = document.querySelector("[data-sound]");
  let audio = null;

  const isSoundOn = () => audio !== null && audio.state === "running";

  const showSound = () => {
    button.setAttribute("aria-pressed", String(isSoundOn()));
    button.textContent = isSoundOn() ? button.dataset.on : button.dataset.off;
  };

  const remember = (isOn) => {
    try {
      localStorage.setItem(SOUND_KEY, isOn ? "on" : "off");
    } catch {
      // A browser without storage asks for the press again after a reload.
    }
  };

  const wasSoundOn = () => {
    try {
      return localStorage.getItem(SOUND_KEY) === "on";
    } catch {
      return false;
    }
  };

  const turnSoundOn = async () => {
    audio ??= new AudioContext();
    await audio.resume();
    showSound();
  };

  const turnSoundOff = async () => {
    await audio.suspend();
    showSound();
  };

  // Three soft notes, under a second and a half.
  const chime = () => {
    if (!isSoundOn() || isCalm()) return;
    [523.25, 659.25, 783.99].forEach((hertz, index) => {
      const start = audio.currentTime + index * 0.14;
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      tone.type = "sine";
      tone.frequency.value = hertz;
      loudness.gain.setValueAtTime(0, start);
      loudness.gain.linearRampToValueAtTime(0.22, start + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
      tone.connect(loudness).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 1);
    });
  };

  button.addEventListener("click", async () => {
    const turnsOn = !isSoundOn();
    remember(turnsOn);
    await (turnsOn ? turnSoundOn() : turnSoundOff());
    chime();
  });
  // A kiosk that allows sound without a press has it back after a power cut; elsewhere this waits for the press.
  if (wasSoundOn()) turnSoundOn();

  // --- keep awake -----------------------------------------------------------------------------------------------

  const stayAwake = async () => {
    try {
      if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
    } catch {
      // Refused, for example on low battery: the panel's own settings decide.
    }
  };

  document.addEventListener("visibilitychange", stayAwake);
  document.addEventListener("live:fragment", () => { tick(); showCalm(); });
  stayAwake();
  showCalm();
  tick();
  setInterval(tick, CLOCK_EVERY_MS);
})();
