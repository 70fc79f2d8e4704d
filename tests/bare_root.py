"""Install AppTicket on a Debian that has nothing: does one command start it, do the tests pass?

    sudo python3 -m tests.bare_root FOLDER run demo test image

`run` and `demo` start it with make from a fresh clone and ask for its first pages, `test` is
`make test`, `image` carries out docker/Dockerfile step by step and starts the result read-only,
as its user. FOLDER holds the systems that are made (2 GB); the bare one is used again. Needs root,
Linux and debootstrap. Not part of CI: it installs a whole Debian.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import bare_image
from tests.bare_system import Root

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = "python3,make,git,ca-certificates"
HOME = "/srv/appticket"
START_SECONDS = 600  # it installs first
STOP_SECONDS = 30


def main() -> None:
    """Make the bare system, then do what was asked, in order."""
    options = parser().parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    env = dict(pair.split("=", 1) for pair in options.env)
    bare = Root(options.folder.resolve() / "bare", {"HOME": "/root", "LANG": "C.UTF-8", **env})
    if not bare.path.exists():
        bootstrap(bare.path, options.mirror)
    for path in [*options.copy, Path("/etc/resolv.conf")]:
        put(path.absolute(), bare.path)
    for step in options.step:
        print(f"== {step}", flush=True)
        started = time.monotonic()
        STEPS[step](bare, step, options)
        print(f"== {step}: good, {time.monotonic() - started:.0f} s", flush=True)


def parser() -> argparse.ArgumentParser:
    """Return what the command line offers."""
    found = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    found.add_argument("folder", type=Path)
    found.add_argument("step", nargs="+", choices=["run", "demo", "test", "image"])
    found.add_argument("--mirror", default="http://deb.debian.org/debian")
    found.add_argument("--port", type=int, default=8080)
    found.add_argument("--uncommitted", action="store_true", help="with what is not committed yet")
    found.add_argument(
        "--copy", type=Path, action="append", default=[], metavar="PATH",
        help="put a file or folder of this machine in the same place, as apt’s configuration",
    )  # fmt: skip
    found.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    return found


def bootstrap(path: Path, mirror: str) -> None:
    """Install Debian 12 with Python, make and git, and nothing else."""
    partial = path.with_name("bare.partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm"]
    subprocess.run([*command, str(partial), mirror], check=True)
    # Debian's installer writes this one.
    (partial / "etc" / "hosts").write_text("127.0.0.1 localhost\n", encoding="utf-8")
    partial.rename(path)


def put(path: Path, root: Path) -> None:
    """Copy a file or folder to the same place in `root`."""
    target = root / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    else:
        shutil.copy(path, target)


def checkout(target: Path, *, uncommitted: bool) -> None:
    """Clone the repository; with `uncommitted`, bring its files to how they are now."""
    shutil.rmtree(target, ignore_errors=True)
    git = ["git", "-C", str(REPOSITORY)]
    subprocess.run([*git, "clone", "--quiet", str(REPOSITORY), str(target)], check=True)
    if not uncommitted:
        return
    listed = subprocess.run(
        [*git, "ls-files", "-co", "--exclude-standard", "-z"], check=True, capture_output=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        there, here = target / name, REPOSITORY / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.exists():
            shutil.copy(here, there)
        else:
            there.unlink(missing_ok=True)


def run(bare: Root, step: str, options: argparse.Namespace) -> None:
    """`make run` or `make demo` from a fresh clone, until its pages answer."""
    checkout(bare.path / HOME[1:], uncommitted=options.uncommitted)
    env = {**bare.env, "APPTICKET_PORT": str(options.port)}
    site = Root(bare.path, env, workdir=HOME)
    # A shell around it: make would take itself for the one who ends all processes.
    with serving(site, ["sh", "-c", f"make {step}; exit $?"], options.port) as output:
        pages(options.port)
        wanted = "/setup — code" if step == "run" else "Sign in with"
        if wanted not in output.read_text(errors="replace"):
            sys.exit(f"It does not say “{wanted}”.")


def test(bare: Root, _step: str, options: argparse.Namespace) -> None:
    """`make test` from a fresh clone."""
    checkout(bare.path / HOME[1:], uncommitted=options.uncommitted)
    Root(bare.path, bare.env, workdir=HOME).run("make", "test")


@contextmanager
def serving(root: Root, command: list[str], port: int) -> Iterator[Path]:
    """Run a server until the block ends, from the moment it is healthy; hand out what it says."""
    output = root.path.parent / "output.log"
    with output.open("wb") as log:
        process = root.start(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while status(port, "/healthz") != 200:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"It does not start:\n{output.read_text(errors='replace')[-4000:]}")
            time.sleep(0.2)
        yield output
    finally:
        stop(process)
        print(output.read_text(errors="replace")[-1500:], flush=True)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End what was started, in order; what does not end is killed."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        print("It did not end by itself.")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def pages(port: int) -> None:
    """Ask for the first page one sees; who is not signed in is sent there from everywhere."""
    for path in ("/readyz", "/login", "/"):
        if (found := status(port, path)) != 200:
            sys.exit(f"{path} answered {found}.")


def status(port: int, path: str) -> int:
    """Return how a page answered, redirections followed; 0 when nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def image(bare: Root, _step: str, options: argparse.Namespace) -> None:
    """Build docker/Dockerfile without Docker, and start what it makes as it would run."""
    context = bare.path.with_name("context")
    checkout(context, uncommitted=options.uncommitted)
    made = bare_image.build(bare, context)
    if found := made.compilers():
        sys.exit(f"The image holds {found}.")
    data = bare.path.with_name("data")
    made.make_read_only(data)
    made.root.env["APPTICKET_PORT"] = str(options.port)
    with serving(made.root, [*made.entrypoint, *made.command], options.port):
        pages(options.port)
        made.root.run("sh", "-c", made.health)
        if 0 in (owners := {path.stat().st_uid for path in data.iterdir()}) or not owners:
            sys.exit(f"What it writes belongs to {owners or 'nobody'}.")


STEPS = {"run": run, "demo": run, "test": test, "image": image}


if __name__ == "__main__":
    main()
