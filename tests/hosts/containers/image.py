#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Makes the image of a test host, `fleetnet-linux-tcp-test:SUITE`, and prints its name.

    TEST_IMAGES=packages   import the root folder that tests/hosts/fleet/roots.py builds from packages
    TEST_IMAGES=registry   build on the stock image of the suite (see Dockerfile)
    TEST_IMAGES=auto       registry if the engine reaches one within seconds, else packages (default)

The image is made anew only when its source changed. The engine is the one of DOCKER_HOST.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
REPOSITORY = "fleetnet-linux-tcp-test"

_FOLDER = Path(__file__).resolve().parent
_LABEL = "fleetnet.linux_tcp.source"
_CHECK_SECONDS = 2.5
_ASK_SECONDS = 30.0
_MAKE_SECONDS = 600.0


class ImageError(Exception):
    """Something a person has to do something about; the message says what."""


def _say(message: str) -> None:
    print(f"image: {message}", file=sys.stderr, flush=True)


def _docker(*arguments: str, seconds: float = _ASK_SECONDS) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=seconds, check=False)
    except FileNotFoundError:
        raise ImageError("no docker client: install the packages of tests/hosts/containers/packages.txt") from None
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(["docker", *arguments], 124, "", f"no answer within {seconds:.0f} s")


def _require_engine() -> None:
    answer = _docker("info", "--format", "{{.ServerVersion}}")
    if answer.returncode != 0 or not answer.stdout.strip():
        raise ImageError(
            "no container engine answers. Run `python3 tests/hosts/containers/engine.py up` and set DOCKER_HOST "
            f"to what it prints. The client says: {answer.stderr.strip()[-300:]}"
        )


def choose(wish: str, base: str) -> str:
    """`registry` or `packages`. Unknown wishes are refused, so that a typing error is seen."""
    if wish in ("registry", "packages"):
        return wish
    if wish != "auto":
        raise ImageError(f"TEST_IMAGES={wish} is not known: set it to registry, packages or auto")
    if str(CHECKOUT / ".cache") in os.environ.get("DOCKER_HOST", ""):
        return "packages"  # the private engine has no network
    if _docker("image", "inspect", base).returncode == 0:
        return "registry"
    reached = _docker("manifest", "inspect", base, seconds=_CHECK_SECONDS).returncode == 0
    return "registry" if reached else "packages"


def _recorded_source(image: str) -> str | None:
    """What the local image was made from, as its label says; None if there is no such image."""
    answer = _docker("image", "inspect", "--format", "{{json .Config.Labels}}", image)
    if answer.returncode != 0:
        return None
    labels = json.loads(answer.stdout or "null") or {}
    return str(labels.get(_LABEL, ""))


def _root_folder(suite: str) -> Path:
    tool = CHECKOUT / "tests" / "hosts" / "fleet" / "roots.py"
    made = subprocess.run(
        [sys.executable, str(tool), suite], stdout=subprocess.PIPE, text=True, timeout=_MAKE_SECONDS, check=False
    )
    folder = Path(made.stdout.strip() or "/nonexistent")
    if made.returncode != 0 or not (folder / "usr").is_dir():
        raise ImageError(
            f"tests/hosts/fleet/roots.py {suite} gave no root folder (exit code {made.returncode}); see above"
        )
    return folder


def _import(folder: Path, image: str, source: str) -> None:
    """Stream the folder into the engine; no tarball touches the disk."""
    _say(f"importing {folder.name} as {image}")
    changes = ["--change", 'CMD ["/lib/systemd/systemd"]', "--change", f"LABEL {_LABEL}={source}"]
    pack = subprocess.Popen(
        ["tar", "--create", "--one-file-system", "--numeric-owner", "--sort=name", "--directory", str(folder), "."],
        stdout=subprocess.PIPE,
    )
    try:
        load = subprocess.run(
            ["docker", "import", *changes, "-", image],
            stdin=pack.stdout,
            capture_output=True,
            text=True,
            timeout=_MAKE_SECONDS,
            check=False,
        )
    finally:
        if pack.stdout is not None:
            pack.stdout.close()
        if pack.poll() is None and sys.exc_info()[0] is not None:
            pack.kill()
        packed = pack.wait(timeout=60)
    if load.returncode != 0 or packed != 0:
        if load.returncode == 0:
            _docker("image", "rm", image)  # half a root folder is worse than no image
        raise ImageError(
            f"importing {folder} failed (tar {packed}, docker {load.returncode}): {load.stderr.strip()[-500:]}"
        )


def _build(suite: str, image: str, source: str) -> None:
    _say(f"building {image} on the stock image")
    # docker build shows its progress itself, on stderr like ours.
    command = [
        "docker",
        "build",
        "--build-arg",
        f"SUITE={suite}",
        "--label",
        f"{_LABEL}={source}",
        "--tag",
        image,
        str(_FOLDER),
    ]
    if subprocess.run(command, stdout=sys.stderr, timeout=_MAKE_SECONDS, check=False).returncode != 0:
        raise ImageError("building on the stock image failed; TEST_IMAGES=packages does without a registry")


def make(suite: str, wish: str) -> str:
    """Make the image of this suite if need be. Returns its name."""
    _require_engine()
    image = f"{REPOSITORY}:{suite}"
    began = time.monotonic()
    if choose(wish, f"debian:{suite}-slim") == "registry":
        source = "registry-" + hashlib.sha256((_FOLDER / "Dockerfile").read_bytes()).hexdigest()[:12]
        if _recorded_source(image) != source:
            _build(suite, image, source)
    else:
        folder = _root_folder(suite)
        source = f"packages-{folder.stat().st_mtime_ns}"
        if _recorded_source(image) != source:
            _import(folder, image, source)
            # The image that had this name before is of no more use.
            _docker("image", "prune", "--force", "--filter", f"label={_LABEL}")
    _say(f"{image} is ready ({time.monotonic() - began:.1f} s)")
    return image


def main(arguments: list[str] | None = None) -> int:
    """The command: build the images that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("suite", choices=("bullseye", "bookworm", "trixie", "forky"), help="suite of Debian")
    suite = parser.parse_args(arguments).suite
    try:
        print(make(suite, os.environ.get("TEST_IMAGES") or "auto"))
    except (ImageError, subprocess.TimeoutExpired) as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
