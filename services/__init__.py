"""What people do: the helpdesk itself, as plain functions `verb(s, by, …)`."""
