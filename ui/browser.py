"""The few things only a browser can do, as constant snippets; arguments travel as JSON.

Each snippet is a function of `window.ap`. No text of a person is ever formatted into one: it goes
in as an argument of `call`.
"""

import json
from functools import lru_cache

from ui import chart_snippets, mention_keys, palette_keys

_SNIPPETS: dict[str, str] = {
    **palette_keys.SNIPPETS,
    **mention_keys.SNIPPETS,
    **chart_snippets.SNIPPETS,
    # Put a fresh row in the place of the old one; focus stays on the same control.
    "replace": """
(key, html) => {
  const old = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!old) return;
  const active = document.activeElement;
  const held = old.contains(active) ? active.dataset.action ?? "" : null;
  const fresh = ap.parse(html);
  if (old.classList.contains("selected")) ap.tick(fresh, true);
  old.replaceWith(fresh);
  fresh.classList.add("fresh");
  if (held === null) return;
  const same = fresh.querySelector(`[data-action="${CSS.escape(held)}"]`);
  (same ?? fresh.querySelector("a, button"))?.focus();
}""",
    "parse": """
(html) => document.createRange().createContextualFragment(html).firstElementChild""",
    # A new row comes in at the top, unless the person is reading further down: then a pill says so.
    "arrive": """
(list, key, html, pill) => {
  const ul = document.getElementById(list);
  const there = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!ul || there) return ap.replace(key, html);
  document.getElementById(list + "-empty")?.remove();
  const fresh = ap.parse(html);
  fresh.classList.add("fresh");
  ul.prepend(fresh);
  if (window.scrollY > 80) ap.pill(pill, fresh.offsetHeight);
}""",
    # Bring a list from what it shows to `keys`, with fresh HTML for those that changed.
    "sync": """
(list, keys, changed, empty) => {
  const ul = document.getElementById(list);
  if (!ul) return;
  const wanted = new Set(keys);
  ap.drop(ul, (item) => wanted.has(item.dataset.key));
  keys.forEach((key, at) => ap.settle(ul, key, at, changed[key]));
  document.getElementById(list + "-empty")?.remove();
  if (!keys.length) ul.after(ap.parse(empty));
}""",
    # The focus of a row that goes passes to the next one that stays, or to the one before.
    "drop": """
(ul, stays) => {
  const held = ul.querySelector(":scope > :focus-within");
  let heir = held;
  for (const way of ["nextElementSibling", "previousElementSibling"])
    if (!heir || !stays(heir)) for (heir = held; heir && !stays(heir); ) heir = heir[way];
  for (const item of [...ul.children]) if (!stays(item)) item.remove();
  if (heir !== held) heir?.querySelector("a, button")?.focus();
}""",
    "settle": """
(ul, key, at, html) => {
  const there = ul.querySelector(`:scope > [data-key="${CSS.escape(key)}"]`);
  if (there && html) ap.replace(key, html);
  const item = ul.querySelector(`:scope > [data-key="${CSS.escape(key)}"]`) ?? ap.parse(html);
  if (!there) item.classList.add("fresh");
  const held = item.contains(document.activeElement) ? document.activeElement : null;
  if (ul.children[at] !== item) ul.insertBefore(item, ul.children[at] ?? null);
  held?.focus();
}""",
    "nav": """
(path) => {
  document.getElementById("menu-sheet")?.hidePopover();
  const plain = path.split(/[?#]/)[0];
  for (const link of document.querySelectorAll("[data-nav]"))
    if (link.getAttribute("href") === plain) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
}""",
    "pill": """
(id, shift) => {
  window.scrollBy(0, shift);
  const pill = document.getElementById(id);
  if (!pill) return;
  pill.dataset.count = Number(pill.dataset.count ?? 0) + 1;
  pill.querySelector("[data-number]").textContent = pill.dataset.count;
  pill.hidden = false;
}""",
    "up": """
(id) => {
  const pill = document.getElementById(id);
  pill.hidden = true;
  pill.dataset.count = 0;
  window.scrollTo({top: 0, behavior: "smooth"});
}""",
    "leave": """
(key) => {
  const item = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (item) ap.drop(item.parentElement, (other) => other !== item);
}""",
    # Put fresh content into an element without losing the place of who reads or types in it.
    "fill": """
(id, html) => {
  const box = document.getElementById(id);
  if (!box) return;
  const held = box.contains(document.activeElement) ? document.activeElement : null;
  box.replaceChildren(document.createRange().createContextualFragment(html));
  const action = held?.dataset.action && `[data-action="${CSS.escape(held.dataset.action)}"]`;
  const aim = held?.id ? `#${CSS.escape(held.id)}` : action;
  const same = aim && box.querySelector(aim);
  if (same?.matches("input,textarea")) same.value = held.value;
  same?.focus();
}""",
    "text": """
(id, text) => { const box = document.getElementById(id); if (box) box.textContent = text; }""",
    "isSeen": """
() => document.visibilityState === "visible" && document.hasFocus()""",
    "announce": """
(text) => { const box = document.getElementById("announcer"); if (box) box.textContent = text; }""",
    "focus": """
(id) => requestAnimationFrame(() => {
  const box = document.getElementById(id);
  (box?.querySelector("input,textarea,select,button") ?? box)?.focus();
})""",
    "toBottom": """
(id) => requestAnimationFrame(() => {
  document.getElementById(id)?.lastElementChild?.scrollIntoView({block: "nearest"});
})""",
    # Relative times grow old: once a minute.
    "ages": """
() => {
  const how = {numeric: "auto", style: "short"};
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, how);
  const steps = [[86400, "day"], [3600, "hour"], [60, "minute"]];
  for (const box of document.querySelectorAll("time[data-relative]")) {
    const seconds = (new Date(box.dateTime) - Date.now()) / 1000;
    const [size, unit] = steps.find(([size]) => Math.abs(seconds) >= size) ?? [60, "minute"];
    box.textContent = words.format(Math.trunc(seconds / size), unit);
  }
}""",
    # Deadlines come near and go by meanwhile.
    "dues": """
() => {
  for (const box of document.querySelectorAll(".due[data-near]")) {
    const left = new Date(box.querySelector("time").dateTime) - Date.now();
    const state = left < 0 ? "late" : left < Number(box.dataset.near) ? "soon" : "calm";
    box.className = `due due-${state}`;
    box.querySelector(".due-word").textContent = box.dataset[state];
  }
}""",
    # What was typed, every two seconds at most, and at once when the field is left.
    "emitForm": """
(form) => Object.fromEntries(
  [...new FormData(form)].filter(([, value]) => typeof value === "string")
)""",
    # Send files to our own guarded address, one after another; the zone hears how each went.
    "upload": """
async (zone, files) => {
  zone.setAttribute("aria-busy", "true");
  for (const file of files) {
    const body = new FormData();
    body.append("file", file, file.name || "image.png");
    const answer = await fetch(zone.dataset.upload, {method: "POST", body}).catch(() => null);
    const told = answer && answer.status < 500 && (await answer.json().catch(() => null));
    const detail = answer?.ok ? "" : told?.detail ?? zone.dataset.problem;
    zone.dispatchEvent(new CustomEvent("filesent", {detail}));
  }
  zone.removeAttribute("aria-busy");
}""",
    "pick": """
(zone, photo) => {
  const input = document.createElement("input");
  input.type = "file";
  if (photo) [input.accept, input.capture] = ["image/*", "environment"];
  else input.multiple = true;
  input.onchange = () => ap.upload(zone, input.files);
  input.click();
}""",
    "keys": """
(event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return "";
  const typed = "input:not([type=checkbox]),textarea,select,[contenteditable],[role=dialog]";
  if (event.target.closest(typed)) return "";
  return event.key;
}""",
    # A key presses what carries it in `aria-keyshortcuts`, in the row that has the focus first.
    "shortcut": """
(event) => {
  const key = ap.keys(event);
  if (key === "j" || key === "k") return ap.step(key === "j" ? 1 : -1);
  if (key === "X") return ap.range();
  const carrier = `[aria-keyshortcuts="${CSS.escape(key)}"]`;
  const row = document.activeElement?.closest("li[data-key]");
  const lone = () => document.querySelector(`${carrier}:not(li *)`);
  const aim = key && (row?.querySelector(carrier) ?? lone());
  if (!aim) return;
  event.preventDefault();
  if (aim.matches("input:not([type=checkbox]),textarea")) aim.focus();
  else aim.click();
}""",
    # Ticked rows are those of the selection, whatever replaces them meanwhile.
    "tick": """
(row, isOn) => {
  row.classList.toggle("selected", isOn);
  const box = row.querySelector(".row-tick input");
  if (box) box.checked = isOn;
}""",
    "ticked": """
(list) => {
  const boxes = [...list.querySelectorAll(".row-tick input")];
  for (const box of boxes) box.closest("li").classList.toggle("selected", box.checked);
  return boxes.filter((box) => box.checked).map((box) => box.closest("li").dataset.key);
}""",
    # Shift and x: from the last ticked row above or below to the one with the focus.
    "range": """
() => {
  const here = document.activeElement?.closest(".rows > li[data-key]");
  const rows = [...(here?.parentElement.children ?? [])];
  const at = rows.indexOf(here);
  const ticked = rows.flatMap((row, i) => (row.matches(".selected") && i !== at ? [i] : []));
  const near = ticked.sort((a, b) => Math.abs(a - at) - Math.abs(b - at))[0] ?? at;
  for (let i = Math.min(near, at); i <= Math.max(near, at); i++) ap.tick(rows[i], true);
  here?.querySelector(".row-tick input")?.dispatchEvent(new Event("change", {bubbles: true}));
}""",
    "untick": """
(list) => {
  for (const row of document.querySelectorAll(`#${list} > .selected`)) ap.tick(row, false);
}""",
    # j and k move through the rows of a page.
    "step": """
(by) => {
  const rows = [...document.querySelectorAll(".rows > li[data-key]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  next?.querySelector("a, button")?.focus();
}""",
    # A calm word in place of NiceGUI’s popup while the connection is lost; it goes by itself.
    "quiet": """
() => {
  const bar = document.getElementById("connection");
  const show = (event) => {
    const isLost = event?.type === "offline" || !window.socket.connected;
    if (isLost && bar.hidden) ap.announce(bar.textContent);
    bar.hidden = !isLost;
  };
  document.getElementById("popup").style.display = "none";
  for (const name of ["connect", "disconnect"]) window.socket.on(name, show);
  for (const name of ["online", "offline"]) window.addEventListener(name, show);
}""",
}

_AT_START = """
setInterval(() => { ap.ages(); ap.dues(); }, 60000);
document.addEventListener("keydown", (event) => ap.shortcut(event));
document.addEventListener("keydown", (event) => ap.summon(event));
"""

# Event handlers, written as NiceGUI wants them: they emit ids and values, never markup.
CLICKED = """
(e) => {
  const control = e.target.closest("[data-action]");
  if (!control || control.tagName === "SELECT" || control.tagName === "FORM") return;
  e.preventDefault();
  control.closest("[popover]")?.hidePopover();
  const key = control.closest("[data-key]")?.dataset.key;
  emit(control.dataset.action, control.dataset.value ?? key ?? "");
}
"""
CHANGED = """
(e) => {
  const list = e.target.closest(".row-tick") && e.target.closest("ul");
  if (list) return emit("ticked", ap.ticked(list));
  const control = e.target.closest("select[data-action], input[data-action]");
  if (!control) return;
  emit(control.dataset.action, control.type === "checkbox" ? control.checked : control.value);
}
"""
SUBMITTED = """
(e) => {
  const form = e.target.closest("form[data-action]");
  if (!form) return;
  e.preventDefault();
  emit(form.dataset.action, ap.emitForm(form));
}
"""
PRESSED_TO_SEND = '(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) emit(); }'
PASTED_OR_DROPPED = """
(e) => {
  const files = (e.clipboardData ?? e.dataTransfer)?.files;
  if (!files?.length) { if (e.type === "dragover") e.preventDefault(); return; }
  e.preventDefault();
  ap.upload(e.currentTarget.querySelector("[data-upload]"), files);
}
"""
PICKED = """
(e) => {
  const control = e.target.closest("[data-pick]");
  if (control) ap.pick(e.currentTarget, control.dataset.pick === "photo");
}
"""
UNFOLDED = """
(e) => {
  const isOpen = e.currentTarget.parentElement.classList.toggle("open");
  e.currentTarget.firstElementChild.setAttribute("aria-expanded", isOpen);
}
"""
TOLD = "(e) => emit(e.detail)"


def call(name: str, *args: object) -> str:
    """Return the call of a snippet with JSON arguments, safe inside a script."""
    if name not in _SNIPPETS:
        raise KeyError(name)
    packed = ", ".join(_told(x) if isinstance(x, str) else _json(x) for x in args)
    return f"ap.{name}({packed})"


def _json(value: object) -> str:
    return json.dumps(value).replace("<", "\\u003c")


@lru_cache(maxsize=512)
def _told(text: str) -> str:
    """Pack a text once for all pages that are told it: a row goes to hundreds."""
    return _json(text)


def script() -> str:
    """Return all snippets as one script, loaded once by every page."""
    functions = ",\n".join(f"{name}: {code.strip()}" for name, code in _SNIPPETS.items())
    return f"window.ap = {{\n{functions}\n}};{_AT_START}"
