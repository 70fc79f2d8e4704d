"""What the palette does in the browser: it opens, asks, is steered by keys (see `ui.browser`)."""

SNIPPETS: dict[str, str] = {
    # Ctrl+K opens the palette from anywhere, also out of a field; again, it closes.
    "summon": """
(event) => {
  const isAsked = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  if (!isAsked || event.key.toLowerCase() !== "k" || document.querySelector(".q-dialog")) return;
  event.preventDefault();
  ap.palette();
}""",
    "palette": """
() => {
  const box = document.getElementById("palette");
  if (!box) return;
  if (box.open) return box.close();
  box.showModal();
  const input = document.getElementById("palette-input");
  input.select();
  input.dispatchEvent(new Event("input", {bubbles: true}));
}""",
    # What was typed goes to the server when the fingers rest; Enter waits for its answer.
    "asked": """
(event, emit) => {
  const list = document.getElementById("palette-list");
  list.setAttribute("aria-busy", "true");
  delete list.dataset.entered;
  clearTimeout(ap.resting);
  ap.resting = setTimeout(() => emit(event.target.value), event.target.value ? 60 : 0);
}""",
    "offered": """
(text) => {
  const list = document.getElementById("palette-list");
  if (document.getElementById("palette-input").value !== text) return;
  list.setAttribute("aria-busy", "false");
  ap.point(0);
  if ("entered" in list.dataset) list.querySelector("[role=option]")?.click();
  delete list.dataset.entered;
}""",
    # The arrows move through what is offered while the focus stays where one types.
    "steer": """
(event) => {
  const list = document.getElementById("palette-list");
  const options = [...list.querySelectorAll("[role=option]")];
  const at = options.findIndex((option) => option.ariaSelected === "true");
  const to = {ArrowDown: at + 1, ArrowUp: at - 1, Enter: at}[event.key];
  if (to === undefined || event.isComposing) return;
  event.preventDefault();
  if (event.key !== "Enter") return ap.point((to + options.length) % (options.length || 1));
  if (list.getAttribute("aria-busy") === "true") list.dataset.entered = "";
  else options[at]?.click();
}""",
    "point": """
(at) => {
  const options = document.querySelectorAll("#palette-list [role=option]");
  options.forEach((option, place) => option.setAttribute("aria-selected", place === at));
  options[at]?.scrollIntoView({block: "nearest"});
  const input = document.getElementById("palette-input");
  input.setAttribute("aria-activedescendant", options[at]?.id ?? "");
}""",
    # A choice closes the palette, as does a click beside it; some press a button of the frame.
    "picked": """
(event) => {
  const option = event.target.closest("[role=option]");
  if (!option && event.target !== event.currentTarget) return;
  event.currentTarget.close();
  if (option?.dataset.action === "sign-out")
    document.querySelector('form[action="/logout"]').requestSubmit();
}""",
}

# Event handlers, written as NiceGUI wants them.
ASKED = "(e) => ap.asked(e, emit)"
STEERED = "(e) => ap.steer(e)"
OFFERS_PICKED = "(e) => ap.picked(e)"
SUMMONED = '(e) => { if (e.target.closest("[data-palette]")) ap.palette(); }'
