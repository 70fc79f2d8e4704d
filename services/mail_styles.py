"""The look of mails: calm, readable in a dark room, and in Outlook."""

from markupsafe import Markup

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;"
_TEXT = f"{_FONT}color:#1e293b;font-size:16px;line-height:24px;"
_SMALL = f"{_FONT}color:#64748b;font-size:13px;line-height:20px;"

STYLES: dict[str, str] = {
    "back": "margin:0;padding:0;width:100%;background-color:#f1f5f9;",
    "outer": "background-color:#f1f5f9;",
    "edge": "padding:24px 12px 40px;",
    "card": "width:100%;max-width:600px;background-color:#ffffff;border:1px solid #e2e8f0;"
    "border-radius:12px;border-collapse:separate;text-align:left;",
    "preview": "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;"
    "line-height:1px;mso-hide:all;",
    "brand": "padding:20px 32px 16px;border-bottom:1px solid #e2e8f0;",
    "name": f"{_FONT}color:#1d4ed8;font-size:15px;line-height:20px;font-weight:700;",
    "about": f"{_FONT}color:#64748b;font-size:15px;line-height:20px;",
    "head": f"{_TEXT}padding:28px 32px 0;",
    "title": f"{_FONT}margin:0;color:#0f172a;font-size:22px;line-height:30px;font-weight:700;"
    "word-break:break-word;",
    "ticket": f"{_FONT}color:#1d4ed8;font-size:17px;line-height:24px;font-weight:600;"
    "text-decoration:none;word-break:break-word;",
    "words": f"{_TEXT}padding:16px 32px 0;word-break:break-word;",
    "at": f"{_SMALL}margin:0 0 2px;",
    "more": f"{_SMALL}padding:16px 32px 0;",
    "facts": "padding:20px 32px 0;",
    "table": "border-top:1px solid #e2e8f0;padding-top:12px;border-collapse:separate;",
    "fact": f"{_SMALL}font-size:14px;padding:3px 12px 3px 0;vertical-align:top;",
    "value": f"{_FONT}color:#1e293b;font-size:14px;line-height:20px;padding:3px 0;"
    "vertical-align:top;word-break:break-word;",
    "rule": f"{_SMALL}padding:8px 32px 24px;border-bottom:1px solid #e2e8f0;",
    "action": "padding:28px 32px 32px;",
    "button": f"{_FONT}display:inline-block;background-color:#1d4ed8;color:#ffffff;font-size:16px;"
    "line-height:24px;font-weight:600;text-decoration:none;padding:12px 24px;border-radius:8px;",
    "foot": f"{_SMALL}padding:20px 32px 24px;background-color:#f8fafc;border-top:1px solid #e2e8f0;"
    "border-radius:0 0 12px 12px;",
    "why": f"{_SMALL}margin:0 0 6px;",
    "ways": f"{_SMALL}margin:0;",
    "small": f"{_SMALL}text-decoration:underline;",
    "plain": "border-collapse:separate;",
}
REPORT: dict[str, str] = {  # of `services.report_mail`
    "line": "padding:20px 32px 0;",
    "heading": f"{_TEXT}margin:0 0 8px;font-size:17px;font-weight:600;",
    "card": "padding:10px 12px 10px 0;border-top:1px solid #e2e8f0;vertical-align:top;",
    "small": f"{_SMALL}margin:0;",
    "number": f"{_TEXT}margin:0;",
    "value": f"{_FONT}color:#0f172a;font-size:24px;line-height:32px;font-weight:700;"
    "text-decoration:none;",
    "note": f"{_SMALL}margin:0;",
    "bars": "padding:3px 8px 3px 0;vertical-align:middle;",
    "count": f"{_FONT}color:#64748b;font-size:11px;line-height:11px;padding-left:4px;",
    "head": f"{_SMALL}font-size:12px;line-height:16px;padding:4px 8px 4px 0;vertical-align:bottom;"
    "border-bottom:1px solid #e2e8f0;",
    "cell": f"{_FONT}color:#1e293b;font-size:14px;line-height:19px;padding:5px 8px 5px 0;"
    "vertical-align:top;word-break:break-word;",
    "link": "color:#1d4ed8;text-decoration:none;",
}
_PARAGRAPH = "margin:0 0 12px;"
_CODE = "font-family:Consolas,Menlo,monospace;font-size:14px;"
OF_TAGS: dict[str, str] = {
    "p": _PARAGRAPH,
    "ul": "margin:0 0 12px;padding-left:24px;",
    "ol": "margin:0 0 12px;padding-left:28px;",
    "h3": "margin:12px 0 8px;font-size:17px;line-height:24px;",
    "a": "color:#1d4ed8;text-decoration:underline;",
    "code": _CODE,
    "pre": f"{_CODE}white-space:pre-wrap;word-break:break-word;margin:0 0 12px;",
    "blockquote": "margin:0 0 12px;padding:12px 16px 4px;background-color:#f8fafc;"
    "border-left:3px solid #93c5fd;border-radius:0 8px 8px 0;",
    "th": "padding:4px 12px 4px 0;text-align:left;border-bottom:1px solid #cbd5e1;",
    "td": "padding:4px 12px 4px 0;border-bottom:1px solid #e2e8f0;",
}
SHEET = Markup("""
a { color: #1d4ed8; }
@media only screen and (max-width: 480px) {
  .edge { padding: 0 !important; }
  .card { border-radius: 0 !important; border-left: 0 !important; border-right: 0 !important; }
  .card > tbody > tr > td, .card > tr > td { padding-left: 20px !important;
    padding-right: 20px !important; }
  .button { display: block !important; text-align: center !important; }
}
@media (prefers-color-scheme: dark) {
  .back { background-color: #0b1220 !important; }
  .card { background-color: #131c2e !important; border-color: #263349 !important; }
  .card td, .card p, .card li, .text, h1.text { color: #e2e8f0 !important; }
  .card td.line, .facts { border-color: #263349 !important; }
  .card td.foot { background-color: #0f1726 !important; border-color: #263349 !important; }
  .card .muted, .card td.muted, .card td.foot p { color: #a3b1c6 !important; }
  .card .brand, .card a.link, .card blockquote a, .card p a:not(.muted) {
    color: #93c5fd !important; }
  .card td.created { background-color: #60a5fa !important; }
  .card span.created { color: #60a5fa !important; }
  .card .neutral { color: #a3b1c6 !important; }
  .card .good { color: #4ade80 !important; }
  .card .bad { color: #fca5a5 !important; }
  .card .quote { background-color: #0f1726 !important; border-color: #3b82f6 !important; }
  .card a.button { background-color: #2563eb !important; color: #ffffff !important; }
}
""")
FOR_OUTLOOK = Markup(
    "<!--[if mso]><noscript><xml><o:OfficeDocumentSettings"
    ' xmlns:o="urn:schemas-microsoft-com:office:office"><o:PixelsPerInch>96</o:PixelsPerInch>'
    "</o:OfficeDocumentSettings></xml></noscript><![endif]-->"
)
SHAPE = Markup(
    '<!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:w="urn:schemas-microsoft-com:office:word" href="{link}"'
    ' style="height:48px;v-text-anchor:middle;width:{width}px;" arcsize="17%" stroke="f"'
    ' fillcolor="#1d4ed8"><w:anchorlock/><center style="color:#ffffff;font-family:Arial,'
    'sans-serif;font-size:16px;font-weight:bold;">{text}</center></v:roundrect><![endif]-->'
)
NOT_OUTLOOK = Markup("<!--[if !mso]><!-->")
TO_HERE = Markup("<!--<![endif]-->")
ROOM = Markup("&#847;&zwnj;&nbsp;") * 60  # keeps what follows out of lists of mails
