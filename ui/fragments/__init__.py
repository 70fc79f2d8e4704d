"""What repeats — rows, messages, properties — as Python functions from data to HTML.

Built with htpy, which escapes; what a person wrote in Markdown goes through `rich.py`. This folder
is the only place that shows HTML without NiceGUI’s own sanitiser.
"""
