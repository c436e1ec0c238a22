"""Marks for tests of what only some systems have; each skips with its reason."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from shutil import which
from tempfile import TemporaryDirectory

import pytest


def _needs(is_there: bool, what: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not is_there, reason=f"this system has no {what}")


def _may_link() -> bool:
    """Whether a user may make symbolic links: on Windows, only with a privilege."""
    with TemporaryDirectory() as folder:
        try:
            os.symlink("nowhere", os.path.join(folder, "link"))
        except OSError:
            return False
    return True


IS_POSIX = os.name == "posix"

needs_links = _needs(_may_link(), "symbolic links for every user")
needs_pipes = _needs(hasattr(os, "mkfifo"), "named pipes")
needs_modes = _needs(IS_POSIX, "POSIX file modes")
needs_signals = _needs(IS_POSIX, "POSIX signals")
needs_broken_pipes = _needs(IS_POSIX, "error of its own for a pipe without a reader")
needs_shell = _needs(IS_POSIX and which("sh") is not None, "POSIX shell")
needs_bash = _needs(IS_POSIX and which("bash") is not None, "Bash")
needs_zsh = _needs(IS_POSIX and which("zsh") is not None, "Zsh")
needs_fish = _needs(IS_POSIX and which("fish") is not None, "Fish")
needs_terminals = _needs(find_spec("termios") is not None, "pseudo-terminals")
needs_file_size_limit = _needs(find_spec("resource") is not None, "limit of file sizes")
needs_full_device = _needs(os.path.exists("/dev/full"), "/dev/full")
needs_zero_device = _needs(os.path.exists("/dev/zero"), "/dev/zero")
needs_process_files = _needs(os.path.exists("/proc/self/status"), "/proc")
needs_control_characters = _needs(IS_POSIX, "control characters in file names")
needs_any_file_name = _needs(sys.platform == "linux", "file names that are not UTF-8")
