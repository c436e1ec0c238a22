"""What a text that is not JSON is instead, and what to do about it."""

from __future__ import annotations

import re

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"PK\x03\x04": "zip",
}

_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
_YAML = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:---\s|%YAML|- |[A-Za-z_][\w.-]*:(?:\s|\Z))")
_PYTHON = re.compile(r"[{\[,:]\s*(?:'|True\b|False\b|None\b|[A-Za-z_]\w*\()")


def of_bytes(data: bytes) -> str | None:
    """What bytes that are not UTF-8 text are; None if they show nothing familiar."""
    for magic, name in _COMPRESSED.items():
        if data.startswith(magic):
            return f"{name}-compressed data; decompress it first"
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32 text; save it as UTF-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16 text; save it as UTF-8"
    if data.startswith(b"\xef\xbb\xbf"):
        return "byte order mark (U+FEFF) at the start; save the file as UTF-8 without one"
    return None


def of_text(text: str, offset: int) -> str | None:
    """What a text is that stops being JSON at `offset`; None if it shows nothing familiar."""
    rest = text[offset : offset + 100]
    if not text.strip(" \t\r\n"):
        return "the text is empty"
    if text.startswith("version https://git-lfs.github.com/spec/"):
        return "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"
    if "\0" in text[:4]:
        return "UTF-16 text without a byte order mark; save it as UTF-8"
    if found := _CONFLICT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        return f"unresolved merge conflict, marked at line {line}"
    if rest.startswith(("//", "/*", "#")):
        return "JSON has no comments; remove it"
    if rest.startswith(("{", "[")) and text[:offset].rstrip().endswith(("}", "]")):
        if "\n" in text[len(text[:offset].rstrip()) : offset]:
            return "another document follows; give a JSON Lines file a name that ends with .jsonl"
        return None
    if rest.startswith(("NaN", "Infinity", "-Infinity", "-NaN")):
        return "JSON has no NaN or Infinity; a receipt states only what was measured"
    if offset >= len(text):
        return "the text ends inside the document; it is truncated"
    if _PYTHON.match(text, max(0, len(text[:offset].rstrip()) - 1)):
        return "this looks like Python or JavaScript; write JSON, for example with json.dumps"
    if _YAML.match(text):
        return "this looks like YAML; convert it to JSON"
    if text.lstrip().startswith("<"):
        return "this looks like HTML or XML"
    return None
