// The desk works without this file. With it: single-letter keys, the next item fetched ahead, no page load between
// two decisions. Nothing here writes markup: the next item arrives as a parsed, script-less document (XMLHttpRequest
// is the one way to get that without a Trusted Types policy) and its nodes are moved over.

const OFF = "pharmakon.keys-off";
const $ = (selector, root = document) => root.querySelector(selector);
const status = (text) => { const line = $("#status"); if (line) line.textContent = text; };

let ahead = null; // { url, page } the next item, fetched while this one is read
let busy = false; // a decision is on its way
let seen = 0; // milliseconds this item was visible, without the running stretch
let since = document.hidden ? null : performance.now();
let here = location.pathname + location.search; // a jump to a cue changes the fragment only

function keysOff() {
  try { return localStorage.getItem(OFF) === "1"; } catch { return false; }
}

// A redirect to the login page and an error page give null: they are for the browser to show.
function fetchPage(url) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.timeout = 20000;
    request.onload = () => {
      const page = request.response;
      resolve(request.status === 200 && page && $("main[data-screen]", page) ? page : null);
    };
    request.onerror = request.ontimeout = () => resolve(null);
    request.send();
  });
}

function lookAhead() {
  const url = $("main").dataset.next;
  ahead = url ? { url, page: fetchPage(url) } : null;
}

function show(page) {
  $("main").replaceWith(document.adoptNode($("main", page)));
  const nav = $(".bar nav", page);
  if (nav) $(".bar nav").replaceWith(document.adoptNode(nav));
  document.title = page.title;
  here = location.pathname + location.search;
  scrollTo(0, 0);
  $("main").focus({ preventScroll: true });
  seen = 0;
  since = document.hidden ? null : performance.now();
  lookAhead();
}

async function go(url) {
  const page = url.startsWith("/item") ? await (ahead?.url === url ? ahead.page : fetchPage(url)) : null;
  if (!page) { location.assign(url); return; }
  history.pushState(null, "", url);
  show(page);
}

async function send(form, verdict) {
  if (busy) return;
  busy = true;
  const data = new URLSearchParams(new FormData(form));
  if (verdict) {
    data.set("verdict", verdict);
    data.set("seconds", ((seen + (since === null ? 0 : performance.now() - since)) / 1000).toFixed(1));
  }
  try {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST", body: data, headers: { Accept: "application/json" }, redirect: "error",
    });
    const said = await answer.json();
    if (answer.status === 401) { location.assign(`/login?next=${encodeURIComponent(here)}`); return; }
    if (!answer.ok) { status(said.problem || "Refused."); return; }
    await go(said.next);
    status(said.notice);
  } catch {
    status("The desk did not answer. Reload this page to see whether your decision was saved.");
  } finally {
    busy = false;
  }
}

function step(by) {
  if ($("main").dataset.screen === "item") {
    if (by < 0) history.back();
    else if ($("main").dataset.next) go($("main").dataset.next).then(() => status(""));
    else status("This is the only item left in this filter.");
    return;
  }
  const links = [...document.querySelectorAll("table.rows td.listing a")];
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next]?.focus();
}

function showKeys() {
  $("#keys-off").checked = keysOff();
  $("#keys").showModal();
}

const KEYS = {
  j: () => step(1), n: () => step(1), k: () => step(-1), p: () => step(-1),
  "/": () => { if ($("#search")) $("#search").focus(); else location.assign("/?focus=search"); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
  // Right after the dialog closes its button may still have the focus: only an open one keeps the keys to itself.
  if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open], [contenteditable]")) return;
  // The way to switch the keys on again stays open.
  if (event.key === "?" && $("#keys")) { event.preventDefault(); showKeys(); return; }
  if (keysOff() || event.shiftKey && event.key !== "/") return;
  const button = /^[a-z]$/.test(event.key) ? $(`button[data-key="${event.key}"]`) : null;
  if (!button && !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  if (!button) KEYS[event.key]();
  else if (!button.disabled) button.form.requestSubmit(button);
});

document.addEventListener("submit", (event) => {
  const { id } = event.target;
  if (id !== "decide" && id !== "undo") return;
  event.preventDefault();
  send(event.target, id === "decide" ? event.submitter?.value : null);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.matches("[data-skip]")) { event.preventDefault(); step(1); }
  else if (link.matches("[data-keys-open]")) { event.preventDefault(); showKeys(); }
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "keys-off") return;
  try { localStorage.setItem(OFF, event.target.checked ? "1" : "0"); } catch { status("This browser keeps no settings."); }
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden && since !== null) { seen += performance.now() - since; since = null; }
  else if (!document.hidden && since === null) since = performance.now();
});

addEventListener("popstate", async () => {
  if (here === location.pathname + location.search) return;
  const page = await fetchPage(location.href);
  if (page) show(page);
  else location.reload();
});

if (new URLSearchParams(location.search).get("focus") === "search") $("#search")?.focus();
lookAhead();
