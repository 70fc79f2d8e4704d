"""Calling somebody while one types: the list of names under an @ (see `ui.browser`)."""

LIST = "mention-list"

SNIPPETS: dict[str, str] = {
    # What stands between the last @ and the cursor; null where nobody is being called.
    "call": r"""
(area) => {
  if (area.selectionStart !== area.selectionEnd) return null;
  const before = area.value.slice(0, area.selectionStart);
  const word = "[\\p{L}\\d_][\\p{L}\\d_.+'’-]*", more = "(?: [\\p{L}\\d_.'’-]*){0,3}";
  const found = before.match(new RegExp(`(?<![\\p{L}\\d_.+@-])@((?:${word}${more})?)$`, "u"));
  return found && {at: found.index, text: found[1]};
}""",
    "calling": """
(area, emit) => {
  clearTimeout(ap.callingRests);
  const called = ap.call(area);
  if (area.dataset.uncalled !== String(called?.at)) delete area.dataset.uncalled;
  if (!called) return ap.uncall();
  if (!area.dataset.uncalled) ap.callingRests = setTimeout(() => emit(called.text), 80);
}""",
    # An answer that comes too late for what is typed by now is not shown.
    "callable": """
(text, html) => {
  const area = document.querySelector("[aria-controls=mention-list]");
  if (area !== document.activeElement || ap.call(area)?.text !== text) return;
  ap.fill("mention-list", html);
  ap.callAt(0);
}""",
    "callAt": """
(at) => {
  const options = document.querySelectorAll("#mention-list [role=option]");
  options.forEach((option, place) => option.setAttribute("aria-selected", place === at));
  options[at]?.scrollIntoView({block: "nearest"});
  const area = document.querySelector("[aria-controls=mention-list]");
  area?.setAttribute("aria-activedescendant", options[at]?.id ?? "");
}""",
    "uncall": """
() => {
  clearTimeout(ap.callingRests);
  document.getElementById("mention-list")?.replaceChildren();
  ap.callAt(-1);
}""",
    # Arrows, Enter, Tab and Escape belong to the list as long as it is there.
    "callSteered": """
(event) => {
  const options = [...document.querySelectorAll("#mention-list [role=option]")];
  const at = options.findIndex((option) => option.ariaSelected === "true");
  const by = {ArrowDown: 1, ArrowUp: -1, Enter: 0, Tab: 0, Escape: 0}[event.key];
  const isElse = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
  if (!options.length || by === undefined || event.isComposing || isElse) return;
  event.preventDefault();
  if (by) return ap.callAt((at + by + options.length) % options.length);
  if (event.key !== "Escape") return ap.called(options[at]);
  event.target.dataset.uncalled = ap.call(event.target)?.at;
  ap.uncall();
}""",
    "called": """
(option) => {
  const area = document.querySelector("[aria-controls=mention-list]");
  const found = option && ap.call(area);
  if (!found) return;
  const text = `@${option.dataset.call} `;
  area.setRangeText(text, found.at, area.selectionStart, "end");
  ap.uncall();
  area.dataset.uncalled = found.at;
  area.dispatchEvent(new Event("input", {bubbles: true}));
  area.focus();
}""",
}

# Event handlers, written as NiceGUI wants them.
TYPED = "(e) => ap.calling(e.target, emit)"
MOVED = "(e) => { if (/^(Arrow(Left|Right)|Home|End)$/.test(e.key)) ap.calling(e.target, emit); }"
STEERED = "(e) => ap.callSteered(e)"
LEFT = "(e) => ap.uncall()"
HELD = "(e) => e.preventDefault()"  # the focus stays in the text, and a phone keeps its keyboard
CHOSEN = '(e) => ap.called(e.target.closest("[role=option]"))'
