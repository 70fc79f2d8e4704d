"""What only a browser can tell or do about charts; snippets of `ui.browser`."""

SNIPPETS: dict[str, str] = {
    # In which colours, on how much room and by what charts are looked at; told on change.
    "looks": """
(id) => {
  const box = document.getElementById(id);
  let told = "";
  const tell = () => {
    if (!box.isConnected) return watching.disconnect();
    const isDark = document.body.classList.contains("body--dark");
    const isNarrow = window.innerWidth < 720;
    const detail = [isDark, isNarrow, matchMedia("(pointer: coarse)").matches];
    if (told === (told = detail.join())) return;
    box.dispatchEvent(new CustomEvent("looks", {detail}));
  };
  const watching = new MutationObserver(tell);
  watching.observe(document.body, {attributes: true, attributeFilter: ["class"]});
  new ResizeObserver(tell).observe(document.body);
  tell();
}""",
    # Save a chart as it is shown, with its title, which stands beside it on the page.
    "picture": """
(id, title, name) => {
  const chart = document.getElementById(id);
  if (!chart?.data) return;
  const shown = chart._fullLayout;
  const room = {...chart.layout.margin, t: 64 + (chart.layout.showlegend ? 24 : 0)};
  const font = {size: 18, color: chart.layout.hoverlabel.font.color};
  const head = {text: title, x: 0.02, xanchor: "left", y: 0.98, yanchor: "top", font};
  const layout = {...chart.layout, title: head, margin: room};
  const size = {width: shown.width, height: shown.height + 54, scale: 2};
  Plotly.downloadImage({data: chart.data, layout, config: chart._context},
    {format: "png", filename: name, ...size});
}""",
}

# Of a chart: the mark that was clicked, the days that were zoomed to, whether it is held.
MARKED = """
(e) => {
  const mark = e?.points?.[0]?.customdata;
  if (typeof mark === "string" && mark) emit(mark);
}
"""
ZOOMED = """
(e) => {
  const range = [e?.["xaxis.range[0]"], e?.["xaxis.range[1]"]].map(String);
  if (e?.["xaxis.range[0]"] !== undefined) emit(...range);
}
"""
HELD = """
(e) => {
  emit(true);
  const free = () => {
    for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, free, true);
    emit(false);
  };
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, free, true);
}
"""
