# Private to this collection. tuned, which sets what its profiles say after the loader, and then, unless that is
# switched off, applies sysctl.d once more by rules of its own (plugin_sysctl.py of 2.22). Pure.

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Dict, Iterable, Iterator

from .._data import Assignment, dotted
from ._forecast import UNKNOWN, forecast
from ._procps import Procps
from ._scene import Scene, Standing

if TYPE_CHECKING:
    from ._view import Parsed

_COMMENT = re.compile(r"(?:^|\s)#.*|^\s*;.*")
_PROFILES = ("/etc/tuned/profiles", "/etc/tuned", "/usr/lib/tuned/profiles", "/usr/lib/tuned")
_CHOSEN = ("/etc/tuned/active_profile", "/etc/tuned/post_loaded_profile")
_MAIN = "/etc/tuned/tuned-main.conf"


class Again(Procps):
    """The rules by which tuned applies sysctl.d once more: each line for itself."""

    def __init__(self) -> None:
        super().__init__((3,), Tuned.name, ("/run/sysctl.d", "/etc/sysctl.d"))

    def parse(self, line: str) -> Parsed:
        """A key with slashes means nothing to it."""
        line = line.strip()
        key, equals, value = line.partition("=")
        return (dotted(key.strip()), value.strip()) if equals and line[0] not in "#;" else None


class Tuned:
    """Sets keys after the loader, where it starts."""

    name = "tuned"

    def write(self, standing: Standing, scene: Scene) -> None:
        """See _writers.Writer."""
        sets, again = sets_of(scene)
        for key, one in sets.items():
            if key in scene.keys and scene.accepts(key, (one.value or "").lstrip("<>")):
                _put(standing.now, key, one)
                _put(standing.after, key, one)
        if again:
            self._apply_files(standing, scene)

    def _apply_files(self, standing: Standing, scene: Scene) -> None:
        """The files once more. The drop-in is among them, so that what stood after it no longer counts."""
        rules = Again()
        last = forecast(rules, scene.listed(rules), scene.chunks, scene.keys, scene.own, scene.accepts)
        for key, one in last.now.items():
            if one.value is not None and (key not in standing.now or standing.now[key].source != one.source):
                standing.now[key] = one
        if scene.own.rpartition("/")[0] in rules.folders and not last.unread:
            standing.after.clear()
            standing.unread = ""
        standing.after.update((key, one) for key, one in last.after.items() if one.value is not None)

    def told(self, source: str) -> tuple[str, str]:
        """The profile that sets a key; of a file that tuned applies once more, nothing."""
        if not source.rpartition(":")[0].endswith("/tuned.conf"):
            return "", ""
        shipped = ", as shipped" if source.startswith("/usr/lib/tuned/") else ""
        who = "profile %s of tuned%s" % (source.split("/")[-2], shipped)
        return who, "or set reapply_sysctl = 1 in /etc/tuned/tuned-main.conf"


def _put(found: Dict[str, Assignment], key: str, one: Assignment) -> None:
    """An assignment over what is known. Where nothing is known, ">5" stays as it is: the kernel's own value decides."""
    before = found[key].value if key in found else None
    value = modified(one.value or "", before) if before else one.value
    if value:
        found[key] = one._replace(value=value)


def sets_of(scene: Scene) -> tuple[dict[str, Assignment], bool]:
    """What the profiles set, by key; and whether sysctl.d is applied once more."""
    sets: Dict[str, Assignment] = {}
    names = " ".join(scene.view.text(path) or "" for path in _CHOSEN).split()
    if not names:
        scene.say(UNKNOWN % ("tuned", "chooses its profile at boot"))
    _load(names, sets, set(), scene)
    main = {key: value.lower() for _source, _section, key, value in _options(_MAIN, scene)}
    return sets, bool(sets) and main.get("reapply_sysctl", "1") in ("1", "yes", "true", "on")


def _load(names: Iterable[str], sets: Dict[str, Assignment], seen: set[str], scene: Scene) -> None:
    """Each profile comes after those that it includes. One that includes its own name means that of the next folder."""
    for name in names:
        base = name.lstrip("-").rpartition("/")[2]
        paths = ["%s/%s/tuned.conf" % (folder, base) for folder in _PROFILES]
        for path in [path for path in paths if path not in seen and scene.view.is_file(path)][:1]:
            seen.add(path)
            rows = list(_options(path, scene))
            for _source, section, key, value in rows:
                if (section, key) == ("main", "include"):
                    _load(re.split(r"\s*[,;]\s*", value), sets, seen, scene)
            for source, section, key, value in rows:
                if section == "sysctl" and "${" in value:
                    scene.say(UNKNOWN % (source, "has a variable"))
                elif section == "sysctl":
                    sets[key] = Assignment(re.sub('^"(.*)"$', r"\1", value), source, Tuned.name)


def _options(path: str, scene: Scene) -> Iterator[tuple[str, str, str, str]]:
    """Source, section, key and value of each option in a file of tuned."""
    section = ""
    for number, line in enumerate((scene.view.text(path) or "").splitlines(), 1):
        line = _COMMENT.sub("", line).strip()
        key, equals, value = line.partition("=")
        if line[:1] == "[":
            section = line.strip("[]")
        elif equals:
            yield "%s:%d" % (path, number), section, key.strip(), value.strip()


def modified(value: str, before: str | None) -> str | None:
    """What tuned's ">5", raise to 5, or "<5" leaves over another value; None where it leaves what is there.

    before: what stands there, None where that is not known; then it counts as reached.
    """
    if value[:1] not in ("<", ">"):
        return value
    new = value[1:]
    if before is None:
        return new
    try:
        raises = int(new) > int(before)
        return new if raises == (value[0] == ">") and int(new) != int(before) else None
    except ValueError:
        return value
