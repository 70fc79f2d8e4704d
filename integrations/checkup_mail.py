"""What `doctor` finds out about mail: as far as signing in, without sending anything."""

from sqlalchemy import Connection, inspect
from sqlalchemy.orm import Session

from data.config import Settings
from data.models import Setting
from integrations import smtp
from services import channel_fields, channels, sealing
from services.channel_fields import CONSOLE, OFF

_PAGE = "/admin/notifications"
_MENDED = {
    "smtp_host": "check name, port and firewall",
    "smtp_tls": "check encryption and port, or install a certificate that can be verified",
    "smtp_login": "correct user and password",
    "smtp_busy": "wait, or ask who runs the server",
}


def findings(settings: Settings, connection: Connection) -> tuple[bool, str] | None:
    """Return whether mail can leave and a sentence; None when there is nothing to look at."""
    if not inspect(connection).has_table(Setting.__tablename__):
        return None
    _configure(settings)
    with Session(connection) as s:
        try:
            email = channels.email(s)
        except sealing.Unreadable:
            told = f"its password was sealed with another secret key: enter it again in {_PAGE}."
            return False, told
    if email.mode == OFF:
        return True, f"switched off: nobody is told by e-mail until {_PAGE} says how."
    if email.mode == CONSOLE:
        return True, f"written to the log only, as {_PAGE} says."
    where = f"{email.host}:{email.port}"
    try:
        smtp.probe(email)
    except smtp.Failed as failure:
        why = channels.why(failure.error).rstrip(".")
        mended = _MENDED.get(failure.error, "look at its settings")
        answer = f" ({failure.answer})" if failure.answer else ""
        return False, f"{where}: {why}{answer}: {mended}, in {_PAGE} or APPTICKET_SMTP_…"
    who = f"signed in as {email.user}" if email.user else "without signing in"
    return True, f"{where} answers, {who}, {email.tls}; nothing was sent."


def _configure(settings: Settings) -> None:
    """Know what the environment says, and the key of secrets if there is one yet."""
    channels.configure(channel_fields.given(settings))
    kept = settings.data_dir / "secret_key"
    if settings.secret_key or kept.exists():
        sealing.configure(settings.secret_key or kept.read_text(encoding="ascii").strip())
