# Private to this collection. Halves the time that Python takes to import a module out of the zip file in which Ansible
# sends it.
#
# Up to Python 3.13 zipimporter.get_filename() compiles the whole module to learn its path, the import system asks for
# the path of each module before it loads it, and then the module is compiled again (Lib/zipimport.py, get_filename;
# Lib/importlib/_bootstrap_external.py, spec_from_file_location). The path follows from the name alone.

from __future__ import annotations

import os
import zipimport


def _get_filename(self: zipimport.zipimporter, fullname: str) -> str:
    """The same path without compiling anything; ZipImportError, as before, for a module that is not in the archive."""
    inside = "__init__.py" if self.is_package(fullname) else ""
    path = os.path.join(self.archive, self.prefix + fullname.rpartition(".")[2])
    return os.path.join(path, inside) if inside else path + ".py"


def compile_once() -> None:
    """Have the modules that are imported from now on compiled once. Ansible's own part is there by then.

    For the process of a module run, which imports from one zip file of sources and then ends.
    """
    zipimport.zipimporter.get_filename = _get_filename  # type: ignore[method-assign]
