// Live updates, the command box and the confirm dialog. Everything else works without it.

const page = document.body.dataset;
const scroll = document.getElementById("scroll");
const stream = document.getElementById("stream");
const replySlot = document.getElementById("reply");
const connection = document.getElementById("connection");
const box = document.getElementById("command");
const line = document.getElementById("line");

// ── presses: each accepted one gets a number, so that a repeated press is known as the same ────
let presses = 0;
const nonce = () => `${page.nonce}.${presses}`;

async function send(url, fields) {
  const body = new URLSearchParams(fields);
  body.set("nonce", nonce());
  const response = await fetch(url, {
    method: "POST",
    headers: { "Firewarden-Fragment": "1" },
    body,
    credentials: "same-origin",
    redirect: "error",
  });
  const html = await response.text();
  // 503 says that nothing was recorded: the same press may be tried again under its number.
  if (response.status !== 503) presses += 1;
  if (response.status === 401) location.reload();
  return { ok: response.ok, html };
}

// A form that was not accepted comes back with what is wrong: into its own place, where it has one.
function putBack(fresh, form) {
  const own = form?.closest("article.card");
  const twin = own && stream?.contains(own) && [...fresh.querySelectorAll("article.card")]
    .find((one) => one.dataset.card === own.dataset.card);
  if (!twin) return;
  own.replaceWith(twin);
  twin.querySelector("[aria-invalid=true]")?.focus();
}

function showReply(html, form) {
  const fresh = parsed(html);
  putBack(fresh, form);
  replySlot.replaceChildren(fresh);
  if (!replySlot.textContent.trim()) replySlot.replaceChildren();
  replySlot.scrollTop = 0;
  tick();
}

function say(words) {
  const text = document.createElement("p");
  text.className = "reply-text";
  text.textContent = words;
  const reply = document.createElement("div");
  reply.className = "reply reply-not-recorded";
  reply.append(text);
  replySlot.replaceChildren(reply);
}

const OFFLINE = "Firewarden does not answer. This was NOT recorded, as far as this window knows; send it again.";

// ── scrolling: a reader at the end stays there, a reader further up is left alone ─────────────
let atEnd = true;
scroll.addEventListener("scroll", () => {
  atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
  calm();
}, { passive: true });
const keepEnd = () => { if (stream && atEnd) scroll.scrollTop = scroll.scrollHeight; calm(); };

// Where the card's own buttons are in sight, a narrow window needs no second one that leads there.
function calm() {
  const bar = document.querySelector(".bar-mine");
  const card = bar?.querySelector("[data-jump]").dataset.jump;
  const buttons = card && stream?.querySelector(`[data-card="${CSS.escape(card)}"] .answer .buttons`);
  const [at, sight] = [buttons?.getBoundingClientRect(), scroll.getBoundingClientRect()];
  bar?.classList.toggle("bar-calm", Boolean(at) && at.bottom > sight.top && at.top < sight.bottom - 40);
}
new ResizeObserver(keepEnd).observe(scroll);
if (stream) new ResizeObserver(keepEnd).observe(stream);

// ── replacing a part of the page without losing what is open, typed or focused in it ──────────
function swap(old, fresh, put) {
  const opened = [...old.querySelectorAll("details")].map((one) => one.open);
  [...fresh.querySelectorAll("details")].forEach((one, n) => { if (opened[n]) one.open = true; });
  const typedIn = "input:not([type=hidden]):not([type=checkbox]), textarea, select";
  for (const typed of old.querySelectorAll(typedIn)) {
    const twin = [...fresh.querySelectorAll(typedIn)].find((one) => one.name === typed.name);
    if (twin && typed.value) twin.value = typed.value;
  }
  const jumpedTo = document.activeElement?.matches("article.card") ? document.activeElement.dataset.card : "";
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const again = focused && [...fresh.querySelectorAll("input, textarea, select, button, summary, a")]
    .find((one) => one.name === focused.name && one.textContent === focused.textContent);
  const card = focused && jumpedTo && [...fresh.querySelectorAll("article.card")]
    .find((one) => one.dataset.card === jumpedTo);
  if (card) card.tabIndex = -1;
  put();
  (card || again)?.focus({ preventScroll: true });
}

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

function applyMessage({ id, html }) {
  if (!stream) return;
  const fresh = parsed(html).firstElementChild;
  const old = document.getElementById(id);
  if (old) swap(old, fresh, () => old.replaceWith(fresh));
  else {
    document.getElementById("empty")?.remove();
    stream.append(fresh);
  }
  keepEnd();
}

function applyRegions(regions) {
  for (const [name, html] of Object.entries(regions)) {
    const slot = document.getElementById(`region-${name}`);
    const active = document.activeElement;
    // Somebody types in it: it is drawn again at the next change.
    if (!slot || (slot.contains(active) && active.matches("input, textarea, select"))) continue;
    const fresh = parsed(html);
    swap(slot, fresh, () => slot.replaceChildren(fresh));
  }
  // The room was opened after this page was drawn: only a new page has a place for its messages.
  if (document.querySelector("[data-reload]")) {
    sessionStorage.setItem("firewarden-typing", String(document.activeElement === line));
    location.reload();
  }
  const waiting = document.querySelectorAll(".bar:not(.bar-running)").length;
  const title = document.title.replace(/^\(\d+\) /, "");
  const more = document.querySelector(".bar-more")?.textContent.match(/\d+/);
  document.title = waiting ? `(${1 + Number(more ?? 0)}) ${title}` : title;
  tick();
  keepEnd();
}

// ── the stream ────────────────────────────────────────────────────────────────────────────────
let last = page.revision;
let lost = 0;
let signedOut = false;

function listen() {
  const here = new URLSearchParams(location.search);
  const query = new URLSearchParams({
    at: page.at, nonce: page.nonce, after: last,
    state: here.get("state") ?? "open", text: here.get("text") ?? "",
  });
  const source = new EventSource(`${page.seat}live?${query}`);
  source.addEventListener("open", () => { clearTimeout(lost); connection.hidden = true; });
  source.addEventListener("message", (event) => {
    last = event.lastEventId || last;
    applyMessage(JSON.parse(event.data));
  });
  source.addEventListener("regions", (event) => applyRegions(JSON.parse(event.data)));
  source.addEventListener("gone", () => {
    signedOut = true;
    source.close();
    connection.textContent = "signed out: load the page again";
    connection.hidden = false;
  });
  source.addEventListener("error", () => {
    clearTimeout(lost);
    lost = setTimeout(() => { connection.hidden = false; }, 1500);
    // A refused connection ends the source for good; we go on asking.
    if (source.readyState === EventSource.CLOSED && !signedOut) setTimeout(listen, 1500);
  });
  window.addEventListener("pagehide", () => source.close(), { once: true });
}

// ── clocks ────────────────────────────────────────────────────────────────────────────────────
function tick() {
  for (const clock of document.querySelectorAll("time.countdown")) {
    const left = Math.floor((Date.parse(clock.dataset.until) - Date.now()) / 1000);
    const hours = Math.floor(left / 3600);
    const minutes = String(Math.floor((left % 3600) / 60)).padStart(hours ? 2 : 1, "0");
    const seconds = String(left % 60).padStart(2, "0");
    // "in", so that nobody half asleep reads what is left as a time of day.
    clock.textContent = left <= 0 ? "now" : `in ${hours ? `${hours}:` : ""}${minutes}:${seconds}`;
    clock.classList.toggle("late", left < 60);
  }
}
setInterval(tick, 1000);

// ── answers ───────────────────────────────────────────────────────────────────────────────────
const dialog = document.getElementById("confirm");

function asked(button, question) {
  const form = button.form;
  const typed = form.elements.reason;
  const reason = document.getElementById("confirm-reason");
  document.getElementById("confirm-title").textContent = `${button.textContent.replace(/^Yes: /, "")}?`;
  document.getElementById("confirm-text").textContent = question;
  document.getElementById("confirm-yes").textContent = button.textContent;
  reason.closest(".input").hidden = !typed;
  reason.value = typed?.value ?? "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const yes = dialog.returnValue === "yes";
      if (yes && typed) typed.value = reason.value;
      resolve(yes);
    }, { once: true });
  });
}

document.addEventListener("click", async (event) => {
  const summary = event.target.closest("details.confirm > summary");
  if (!summary) return;
  event.preventDefault();
  const button = summary.parentElement.querySelector(".confirm-box button");
  const question = summary.parentElement.querySelector(".confirm-box p").textContent;
  if (await asked(button, question)) button.form.requestSubmit(button);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form.answer")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  const fields = new FormData(form, event.submitter);
  fields.set("at", box.elements.at.value);
  const buttons = [...form.querySelectorAll("button")];
  form.setAttribute("aria-busy", "true");
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const { html } = await send(form.getAttribute("action"), fields);
    showReply(html, form);
    follow();
  } catch { say(OFFLINE); }
  form.removeAttribute("aria-busy");
  buttons.forEach((button) => { button.disabled = false; });
});

// ── the command box ───────────────────────────────────────────────────────────────────────────
const HISTORY = `firewarden-lines:${page.seat}`;
const lines = JSON.parse(sessionStorage.getItem(HISTORY) ?? "[]");
let back = 0;

box.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = line.value.trim();
  if (!text || box.getAttribute("aria-busy") === "true") return;
  box.setAttribute("aria-busy", "true");
  hideVerbs();
  try {
    const { ok, html } = await send(box.getAttribute("action"), { text, at: box.elements.at.value });
    if (ok) {
      if (lines.at(-1) !== text) lines.push(text);
      sessionStorage.setItem(HISTORY, JSON.stringify(lines.slice(-100)));
      line.value = "";
      back = 0;
      keepDraft();
    }
    showReply(html);
    follow();
  } catch { say(OFFLINE); }
  box.removeAttribute("aria-busy");
});

function follow() {
  const room = replySlot.querySelector("a[data-go]");
  if (room) location.assign(room.href);
}

// What is typed and not sent outlives a reload, and the end of the process on the other side.
const DRAFT = `firewarden-draft:${page.seat}${page.at}`;
const keepDraft = () => sessionStorage.setItem(DRAFT, line.value);

const verbs = document.getElementById("verbs");
const options = [...verbs.children];
const shownVerbs = () => options.filter((option) => !option.hidden);

function offerVerbs() {
  const typed = line.value.toLowerCase();
  const wanted = typed.startsWith("/") && !/^\/\S+\s+\S+\s/.test(typed);
  for (const option of options) {
    const full = option.dataset.line;
    option.hidden = !(wanted && full.startsWith(typed.replace(/\s+$/, " ")) && full.trim() !== typed.trim());
  }
  choose(0);
  const some = shownVerbs().length > 0 && document.activeElement === line;
  verbs.hidden = !some;
  line.setAttribute("aria-expanded", String(some));
}

function hideVerbs() {
  verbs.hidden = true;
  line.setAttribute("aria-expanded", "false");
  line.removeAttribute("aria-activedescendant");
}

function choose(index) {
  const shown = shownVerbs();
  options.forEach((option) => option.setAttribute("aria-selected", "false"));
  const chosen = shown[(index + shown.length) % (shown.length || 1)];
  chosen?.setAttribute("aria-selected", "true");
  chosen?.scrollIntoView({ block: "nearest" });
  if (chosen) line.setAttribute("aria-activedescendant", chosen.id);
}

const chosenVerb = () => shownVerbs().find((option) => option.getAttribute("aria-selected") === "true");

function take(option) {
  line.value = option.dataset.line;
  hideVerbs();
  line.focus();
}

function recall(step) {
  back = Math.min(Math.max(back + step, 0), lines.length);
  line.value = back ? lines.at(-back) : "";
  hideVerbs();
}

line.addEventListener("input", () => { keepDraft(); offerVerbs(); });
line.addEventListener("blur", () => setTimeout(hideVerbs, 120));
line.addEventListener("keydown", (event) => {
  const open = !verbs.hidden;
  const index = open ? shownVerbs().indexOf(chosenVerb()) : 0;
  if (event.key === "Tab" && open && !event.shiftKey) take(chosenVerb());
  else if (event.key === "ArrowUp") open ? choose(index - 1) : recall(1);
  else if (event.key === "ArrowDown") open ? choose(index + 1) : recall(-1);
  else if (event.key === "Escape") open ? hideVerbs() : replySlot.replaceChildren();
  else return;
  event.preventDefault();
});
verbs.addEventListener("mousedown", (event) => {
  const option = event.target.closest("li");
  if (!option) return;
  event.preventDefault();
  take(option);
});

// ── keys and clicks of the page ───────────────────────────────────────────────────────────────
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog") || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === "/") { event.preventDefault(); line.focus(); }
  else if (event.key === "g") document.querySelector(".bar-jump")?.click();
  else if (event.key === "Escape") replySlot.replaceChildren();
});

function jump(card) {
  const found = stream?.querySelector(`[data-card="${CSS.escape(card)}"]`)?.closest(".message");
  if (!found) return false;
  atEnd = false;
  found.scrollIntoView({ block: "start" });
  found.classList.remove("flash");
  requestAnimationFrame(() => found.classList.add("flash"));
  // The card and none of its buttons: Tab goes on to them, and Enter by itself decides nothing.
  const own = found.querySelector("article.card");
  own.tabIndex = -1;
  own.focus({ preventScroll: true });
  return true;
}

document.addEventListener("click", (event) => {
  const jumper = event.target.closest("[data-jump]");
  if (jumper) {
    if (jump(jumper.dataset.jump)) event.preventDefault();
    else jumper.hash = `#card-${jumper.dataset.jump}`;
  }
  const fill = event.target.closest("[data-fill]");
  if (fill) { line.value = fill.dataset.fill; line.focus(); hideVerbs(); }
  if (event.target.closest("[data-theme-toggle]")) toggleTheme();
});

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `firewarden-theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Strict`;
}
document.querySelector("[data-theme-toggle]").hidden = false;

line.value = sessionStorage.getItem(DRAFT) ?? "";
if (sessionStorage.getItem("firewarden-typing") === "true") line.focus();
sessionStorage.removeItem("firewarden-typing");
tick();
keepEnd();
if (location.hash.startsWith("#card-")) jump(location.hash.slice(6));
listen();
document.body.dataset.live = "yes";
