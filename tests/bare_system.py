"""A system in a folder that commands run in, as far from this machine as chroot can be."""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# In a mount and process namespace of its own: what it mounts and starts ends with it.
_ENTER = """\
set -eu
mount --bind "$root" "$root"
[ -z "$data" ] || mount --bind "$data" "$root/data"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
[ -z "$data" ] || mount -t tmpfs tmpfs "$root/tmp"
[ -z "$data" ] || mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" "$root" env -i "$@"
"""


@dataclass
class Root:
    """A system in a folder, and how commands run in it; with `data` the rest is read-only."""

    path: Path
    env: dict[str, str]
    user: str = "0:0"
    workdir: str = "/"
    data: Path | None = None

    def start(self, command: list[str], **options: object) -> subprocess.Popen[bytes]:
        """Start a command inside, in a process group of its own."""
        place = ["sh", "-c", f'cd {shlex.quote(self.workdir)} && exec "$@"', "sh"]
        env = [f"{name}={value}" for name, value in {"PATH": PATH, **self.env}.items()]
        outside = {"root": str(self.path), "data": str(self.data or ""), "user": self.user}
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
                *("sh", "-c", _ENTER, "sh", *env, *place, *command),
            ],
            env={**os.environ, **outside},
            start_new_session=True,
            **options,
        )

    def run(self, *command: str) -> None:
        """Run a command inside; a failure ends the program."""
        process = self.start(list(command))
        if code := process.wait():
            sys.exit(f"{shlex.join(command)} failed with {code}.")
