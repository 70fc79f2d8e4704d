"""Carry out docker/Dockerfile in a folder, as far as that can be done without Docker."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bare_system import PATH, Root

# What the Python images of Docker have besides.
_LIKE_PYTHON_SLIM = """\
apt-get -qq update
apt-get -qq -y --no-install-recommends install python3-venv python3-pip
ln -s /usr/bin/python3 /usr/local/bin/python
"""
_ONLY_TOLD = frozenset({"EXPOSE", "LABEL", "STOPSIGNAL", "VOLUME"})


@dataclass
class Image:
    """What the instructions so far have made."""

    root: Root
    context: Path
    stages: dict[str, Root]
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: str = ""

    def carry_out(self, word: str, rest: str) -> None:
        """Do one instruction.

        Raises:
            AttributeError: it is not known here.
        """
        if word not in _ONLY_TOLD:
            getattr(self, f"_{word.lower()}")(rest)

    def compilers(self) -> list[str]:
        """Return the compilers that lie in the image: there should be none."""
        folders = f"{self.root.path}/usr/bin:{self.root.path}/usr/local/bin"
        return [name for name in ("cc", "gcc", "g++") if shutil.which(name, path=folders)]

    def make_read_only(self, data: Path) -> None:
        """From now on everything but /data is read-only, and /data is an empty folder."""
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        owner = (self.root.path / "data").stat()
        os.chown(data, owner.st_uid, owner.st_gid)
        self.root.data = data

    def _from(self, rest: str) -> None:
        name = rest.partition(" AS ")[2] or "image"
        path = self.root.path.parent / f"stage-{name}"
        shutil.rmtree(path, ignore_errors=True)
        base = self.stages["base"]
        subprocess.run(["cp", "-a", str(base.path), str(path)], check=True)
        self.root = self.stages[name] = Root(path, dict(base.env))

    def _run(self, rest: str) -> None:
        self.root.run("sh", "-c", rest)

    def _env(self, rest: str) -> None:
        pairs = dict(pair.split("=", 1) for pair in shlex.split(rest))
        path = self.root.env.get("PATH", PATH)
        self.root.env |= {k: v.replace("$PATH", path) for k, v in pairs.items()}

    def _workdir(self, rest: str) -> None:
        self.root.workdir = rest
        (self.root.path / rest[1:]).mkdir(parents=True, exist_ok=True)

    def _user(self, rest: str) -> None:
        self.root.user = rest

    def _entrypoint(self, rest: str) -> None:
        self.entrypoint = json.loads(rest)

    def _cmd(self, rest: str) -> None:
        self.command = json.loads(rest)

    def _healthcheck(self, rest: str) -> None:
        self.health = rest.partition("CMD ")[2]

    def _copy(self, rest: str) -> None:
        words = shlex.split(rest)
        flags = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
        *sources, target = [word for word in words if not word.startswith("--")]
        place = self.root.path / (Path(self.root.workdir) / target).relative_to("/")
        for source in sources:
            if "from" in flags:
                origin = self.stages[flags["from"]].path / source.lstrip("/")
                subprocess.run(["cp", "-a", "-T", str(origin), str(place)], check=True)
            else:
                self._copy_from_context(source, place, is_folder=target.endswith(("/", ".")))

    def _copy_from_context(self, source: str, place: Path, *, is_folder: bool) -> None:
        for name in admitted(self.context, source):
            there = place / name if is_folder else place
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.context / name, there)


def build(bare: Root, context: Path) -> Image:
    """Carry out the Dockerfile of a fresh clone, each stage from a copy of the bare system."""
    base = Root(bare.path.with_name("base"), dict(bare.env))
    if not base.path.exists():
        subprocess.run(["cp", "-a", str(bare.path), str(base.path)], check=True)
        base.run("sh", "-euc", _LIKE_PYTHON_SLIM)
    made = Image(base, context, {"base": base})
    for line in instructions((context / "docker" / "Dockerfile").read_text(encoding="utf-8")):
        print(f"-- {line}", flush=True)
        word, _space, rest = line.partition(" ")
        made.carry_out(word, rest)
    return made


def instructions(text: str) -> list[str]:
    """Return a Dockerfile’s instructions, one line each."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()


def knows(word: str) -> bool:
    """Tell whether an instruction can be carried out here."""
    return word in _ONLY_TOLD or hasattr(Image, f"_{word.lower()}")


def admitted(context: Path, source: str = ".") -> list[str]:
    """Return the files of `source` that .dockerignore lets into the image."""
    rules = (context / ".dockerignore").read_text(encoding="utf-8")
    names = [str(path.relative_to(context)) for path in context.rglob("*") if path.is_file()]
    found = sorted(chosen(names, rules))
    return [name for name in found if source in (".", name) or name.startswith(f"{source}/")]


def chosen(names: Iterable[str], ignored: str) -> list[str]:
    """Return the files that a .dockerignore lets in."""
    rules = [rule for rule in ignored.splitlines() if rule and not rule.startswith("#")]
    return [name for name in names if _is_admitted(name, rules)]


def _is_admitted(name: str, rules: list[str]) -> bool:
    """Tell whether the last rule that fits a file, or a folder above it, lets it in."""
    parts = name.split("/")
    above = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    lets_in = True
    for rule in rules:
        pattern = rule.lstrip("!").rstrip("/").replace("**/", "*")
        if any(fnmatch.fnmatch(path, pattern) for path in above):
            lets_in = rule.startswith("!")
    return lets_in
