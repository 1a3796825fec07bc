# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
"""Unit tests of tests/hosts/containers: what starts, what is stopped, what is made anew. No engine is needed."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("the tools run on the control node", allow_module_level=True)

FOLDER = Path(__file__).resolve().parents[3] / "tests" / "hosts" / "containers"


def _load(name):
    spec = importlib.util.spec_from_file_location(f"containers_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


engine, image, fetch = _load("engine"), _load("image"), _load("fetch_collections")


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A checkout of its own in which no other engine answers and everything is installed."""
    monkeypatch.setattr(engine, "CHECKOUT", tmp_path)
    monkeypatch.setattr(engine, "_usual_engine_serves", lambda: False)
    monkeypatch.setattr(engine, "_require_tools", lambda: None)
    monkeypatch.setattr(engine, "_remove_containers", lambda host, every: None)
    found = engine._Places(tmp_path)
    found.state.mkdir(parents=True)
    return found


# -- engine ------------------------------------------------------------------------------------


def test_an_engine_that_answers_is_used_and_nothing_started(places, monkeypatch):
    monkeypatch.setattr(engine, "_usual_engine_serves", lambda: True)
    monkeypatch.setattr(engine, "_start", lambda places: pytest.fail("started another engine"))
    assert engine.up(places) == ""


def test_the_command_keeps_to_namespaces_of_its_own(places):
    command = engine._command(places)
    own, dockerd = command[: command.index("--")], command[command.index("dockerd") :]
    assert {"--net", "--mount", "--pid"} <= set(own)
    assert {"--iptables=false", "--ip6tables=false", "--ip-forward=false"} <= set(dockerd)
    assert dockerd[dockerd.index("--bridge") + 1] == "none"
    assert dockerd[dockerd.index("--data-root") + 1].startswith(str(places.state))


def test_a_deep_checkout_gets_a_socket_that_the_kernel_accepts(tmp_path):
    deep = engine._Places(tmp_path.joinpath(*["folder-with-a-long-name"] * 5))
    assert len(os.fsencode(deep.socket)) <= 107
    assert deep.name in str(deep.socket)
    assert engine._Places(Path("/srv/a")).socket == Path("/srv/a/.cache/docker/docker.sock")
    assert engine._Places(Path("/srv/a")).name != engine._Places(Path("/srv/b")).name


@pytest.mark.parametrize("wrong", ["mode", "link", "file", "owner"])
def test_a_folder_for_the_socket_that_somebody_else_made_is_refused(wrong, tmp_path, monkeypatch):
    monkeypatch.setattr(engine.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr(engine, "_answers", lambda _socket: pytest.fail("nobody talks to an engine there"))
    monkeypatch.setattr(engine, "_command", lambda _places: pytest.fail("none is started there"))
    deep = engine._Places(tmp_path.joinpath(*["folder-with-a-long-name"] * 5))
    folder = deep.socket.parent
    folder.parent.mkdir()
    if wrong == "link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        folder.symlink_to(tmp_path / "theirs")
    elif wrong == "file":
        folder.write_text("")
    else:
        folder.mkdir(mode=0o700)
        folder.chmod(0o755 if wrong == "mode" else 0o700)
    if wrong == "owner":
        me = os.geteuid()
        monkeypatch.setattr(engine.os, "geteuid", lambda: me + 1)
    with pytest.raises(engine.EngineError, match="is not a folder of mode 0700 that belongs to user"):
        engine.up(deep)
    assert os.path.lexists(folder)


def test_a_failed_start_shows_the_log_and_leaves_nothing(places, monkeypatch):
    monkeypatch.setattr(engine, "_command", lambda places: ["sh", "-c", "echo mount refused here >&2; exit 3"])
    with pytest.raises(engine.EngineError, match="ended at once(.|\n)*mount refused here(.|\n)*What to do"):
        engine.up(places)
    assert not places.record.exists()


def test_a_silent_engine_is_ended_after_the_time_limit(places, monkeypatch):
    monkeypatch.setattr(engine, "_command", lambda places: ["sh", "-c", "sleep 300 & wait"])
    monkeypatch.setattr(engine, "_START_SECONDS", 0.5)
    ended = []
    stop = engine._stop
    monkeypatch.setattr(engine, "_stop", lambda places: (ended.append(engine._running(places)), stop(places)))
    with pytest.raises(engine.EngineError, match="did not answer"):
        engine.up(places)
    assert ended[0] is not None
    assert engine._start_time(ended[0]) is None


def test_down_ends_what_up_started(places):
    child = subprocess.Popen(["sh", "-c", "sleep 300 & wait"])
    try:
        places.record.write_text(json.dumps({"pid": child.pid, "started": engine._start_time(child.pid)}))
        deadline = time.monotonic() + 5
        while engine._first_inside(child.pid) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        engine.down(places)
        assert engine._start_time(child.pid) is None
        assert not places.record.exists()
    finally:
        child.kill()
        child.wait()


def test_down_spares_a_stranger_with_the_same_pid(places):
    with subprocess.Popen(["sleep", "300"]) as stranger:
        places.record.write_text(json.dumps({"pid": stranger.pid, "started": 1}))
        engine.down(places)
        spared = stranger.poll() is None
        stranger.kill()
    assert spared


def test_down_removes_what_a_killed_engine_left_and_nothing_that_holds_files(places, tmp_path):
    empty, used = tmp_path / "empty", tmp_path / "used"
    for folder in (empty, used):
        folder.mkdir()
    (used / "file").write_text("")
    places.made.write_text(f"{empty}\n{used}\n")
    engine.down(places)
    assert not empty.exists() and used.exists() and not places.made.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": "x", "started": 1}', '{"pid": 1}'])
def test_a_damaged_record_counts_as_not_running(places, text):
    places.record.write_text(text)
    assert engine._running(places) is None


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(engine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(engine.shutil, "which", lambda tool: None if tool == "dockerd" else tool)
    with pytest.raises(engine.EngineError, match=r"not installed: dockerd\. .*tests/hosts/containers/packages\.txt"):
        engine._require_tools()


def test_without_root_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setattr(engine.os, "geteuid", lambda: 1000)
    with pytest.raises(engine.EngineError, match="needs root"):
        engine._require_tools()


# -- image -------------------------------------------------------------------------------------


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Puts a stand-in for the docker client first in PATH; returns a function that sets what it does."""

    def _set(script):
        tool = tmp_path / "bin" / "docker"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return _set


def test_a_wish_is_followed_and_a_typing_error_refused():
    assert image.choose("registry", "base") == "registry"
    assert image.choose("packages", "base") == "packages"
    with pytest.raises(image.ImageError, match="TEST_IMAGES=regsitry is not known"):
        image.choose("regsitry", "base")


def test_auto_decides_quickly_when_nothing_answers(client, monkeypatch):
    """What counts is how long it is ready to wait: 3 s are promised for all that may hang."""
    limits = []
    real = image.subprocess.run

    def run(command, timeout, **options):
        limits.append(timeout)
        return real(command, timeout=0.2, **options)

    monkeypatch.setattr(image.subprocess, "run", run)
    client('[ "$1" = image ] && exit 1; exec sleep 60')
    assert image.choose("auto", "base") == "packages"
    # The first question is for the engine on this machine, which has answered before.
    assert limits == [image._ASK_SECONDS, image._CHECK_SECONDS] and 0 < image._CHECK_SECONDS <= 3


def test_auto_takes_the_registry_when_it_answers(client):
    client('[ "$1" = image ] && exit 1; exit 0')
    assert image.choose("auto", "base") == "registry"


def test_auto_does_not_ask_a_registry_through_the_private_engine(client, monkeypatch):
    client("exit 0")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{image.CHECKOUT}/.cache/docker/docker.sock")
    assert image.choose("auto", "base") == "packages"


def test_the_image_is_made_anew_only_when_the_root_folder_changed(tmp_path, monkeypatch):
    recorded, made = [None], []

    def _import(folder, name, source):
        made.append(name)
        recorded[0] = source

    monkeypatch.setattr(image, "_require_engine", lambda: None)
    monkeypatch.setattr(image, "_root_folder", lambda suite: tmp_path)
    monkeypatch.setattr(image, "_recorded_source", lambda name: recorded[0])
    monkeypatch.setattr(image, "_import", _import)
    monkeypatch.setattr(image, "_docker", lambda *arguments, **options: None)
    assert image.make("trixie", "packages") == "fleetnet-linux-tcp-test:trixie"
    image.make("trixie", "packages")
    assert made == ["fleetnet-linux-tcp-test:trixie"]
    os.utime(tmp_path, ns=(1, 1))
    image.make("trixie", "packages")
    assert len(made) == 2


def test_an_import_that_fails_says_so(client, tmp_path):
    client("cat > /dev/null; echo no space left on device >&2; exit 1")
    with pytest.raises(image.ImageError, match="no space left on device"):
        image._import(tmp_path, "some:image", "x")


def test_no_engine_means_a_message_not_a_traceback(client, capsys):
    client("echo cannot connect >&2; exit 1")
    assert image.main(["trixie"]) == 1
    assert "engine.py up" in capsys.readouterr().err


def test_both_ways_to_an_image_ask_for_the_same_packages():
    built = re.search(r"--no-install-recommends(.*?)&&", (FOLDER / "Dockerfile").read_text(encoding="utf-8"), re.DOTALL)
    roots = re.search(
        r"^_PACKAGES = \((.*?)\)",
        (FOLDER.parent / "fleet" / "roots.py").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    # mount is in every root folder, and not in every stock image.
    assert set(built[1].replace("\\", " ").split()) == set(re.findall(r'"([^"]+)"', roots[1])) | {"mount"}


# -- collections -------------------------------------------------------------------------------


def _wheel(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(f"ansible_collections/{name}/MANIFEST.json", "{}")
    return path


def test_only_the_wanted_collections_are_unpacked(tmp_path):
    wheel = _wheel(tmp_path / "a.whl", [*fetch._WANTED, "community/dockerx", "community/general"])
    fetch.extract(wheel, tmp_path / "out")
    got = {f"{path.parent.parent.name}/{path.parent.name}" for path in (tmp_path / "out").rglob("MANIFEST.json")}
    assert got == set(fetch._WANTED)


def test_a_package_without_a_wanted_collection_is_refused(tmp_path):
    with pytest.raises(fetch.FetchError, match=rf"has no {fetch._WANTED[0]}: pin another version"):
        fetch.extract(_wheel(tmp_path / "a.whl", fetch._WANTED[1:]), tmp_path / "out")


def test_fetching_replaces_and_is_complete_until_the_pin_changes(tmp_path, monkeypatch):
    pin = tmp_path / "collections.txt"
    pin.write_text("ansible==1")
    monkeypatch.setattr(fetch, "_PIN", pin)
    monkeypatch.setattr(fetch, "_download", lambda folder: _wheel(folder / "a.whl", fetch._WANTED))
    target = tmp_path / "collections"
    stale = target / "ansible_collections" / "community" / "docker" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    assert not fetch.complete(target)
    fetch.fetch(target)
    assert fetch.complete(target)
    assert not stale.exists()
    assert [path.name for path in target.iterdir() if path.name.startswith(".fetch-")] == []
    pin.write_text("ansible==2")
    assert not fetch.complete(target)


def test_the_pin_has_an_exact_version_and_a_hash():
    text = (FOLDER / "collections.txt").read_text()
    assert "ansible==" in text and "--hash=sha256:" in text
