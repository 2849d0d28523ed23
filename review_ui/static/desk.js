// Keys, one-key decisions and the next item fetched ahead. Without this file the desk works by links and forms alone.
// Pages are read with XMLHttpRequest's document type: it parses markup without running it and needs no Trusted Types
// policy, so the page's policy can forbid all of them.

const OFF = "pharmakon-keys-off";
const main = () => document.getElementById("main");
const say = (text) => { document.getElementById("status").textContent = text; };

let ahead = null; // { path, page: Promise<Document|null> }
let busy = false;
let seen = 0; // milliseconds this item was on screen
let here = location.pathname + location.search; // a jump to a cue changes the fragment only
let since = performance.now();

function fetchPage(path) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", path);
    request.responseType = "document";
    request.onload = () => {
      const page = request.response;
      // A redirect to the login page, or an error page, is for the browser to show.
      resolve(request.status === 200 && page && page.querySelector("main[data-screen]") ? page : null);
    };
    request.onerror = () => resolve(null);
    request.send();
  });
}

function lookAhead() {
  const path = main().dataset.next;
  ahead = path ? { path, page: fetchPage(path) } : null;
}

async function show(path, notice, push = true) {
  const page = await (ahead && ahead.path === path ? ahead.page : fetchPage(path));
  if (!page) { location.assign(path); return; }
  main().replaceWith(document.adoptNode(page.querySelector("main")));
  const nav = page.querySelector(".bar nav");
  if (nav) document.querySelector(".bar nav").replaceWith(document.adoptNode(nav));
  document.title = page.title;
  if (push) history.pushState({ path }, "", path);
  scrollTo(0, 0);
  main().focus({ preventScroll: true });
  say(notice || "");
  seen = 0;
  since = performance.now();
  prepare();
}

async function send(form, extra) {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(extra)) body.set(name, value);
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { accept: "application/json" } });
  if (answer.status === 401) { location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`); return null; }
  return answer.json();
}

async function act(form, extra) {
  if (busy) return;
  busy = true;
  try {
    const told = await send(form, extra);
    if (!told) return;
    if (told.problem) { say(told.problem); return; }
    if (told.next.startsWith("/item")) await show(told.next, told.notice);
    else location.assign(told.next);
  } catch {
    say("The desk did not answer; nothing was recorded. Check that it runs and try again.");
  } finally {
    busy = false;
  }
}

function secondsOnScreen() {
  return ((seen + (document.hidden ? 0 : performance.now() - since)) / 1000).toFixed(1);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) seen += performance.now() - since;
  else since = performance.now();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "decide" && event.submitter) {
    event.preventDefault();
    act(form, { verdict: event.submitter.value, seconds: secondsOnScreen() });
  } else if (form.id === "undo") {
    event.preventDefault();
    act(form, {});
  }
});

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target instanceof Element && event.target.closest("a");
  if (!link) return;
  if (link.matches("[data-keys-open]")) { event.preventDefault(); document.getElementById("keys").showModal(); }
  else if (link.matches("[data-skip]")) { event.preventDefault(); show(link.getAttribute("href")); }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-auto]")) event.target.form.requestSubmit();
  if (event.target.id === "keys-off") {
    if (event.target.checked) localStorage.setItem(OFF, "1");
    else localStorage.removeItem(OFF);
  }
});

addEventListener("popstate", () => location.reload());

function step(by) {
  if (main().dataset.screen === "item") {
    if (by > 0 && main().dataset.next) show(main().dataset.next);
    else if (by < 0) history.back();
    return;
  }
  const links = [...document.querySelectorAll(".rows .listing > a")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
  if (next) next.focus();
}

const KEYS = {
  j: () => step(1), n: () => step(1), k: () => step(-1), p: () => step(-1),
  "/": () => { const field = document.getElementById("search"); if (field) field.focus(); else location.assign("/"); },
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
  const at = event.target;
  if (at instanceof Element && at.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]")) return;
  if (localStorage.getItem(OFF)) return;
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  if (button) {
    event.preventDefault();
    if (!button.disabled) button.form.requestSubmit(button);
  } else if (Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

function prepare() {
  const off = document.getElementById("keys-off");
  if (off) off.checked = Boolean(localStorage.getItem(OFF));
  lookAhead();
}

prepare();
