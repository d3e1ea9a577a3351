#!/usr/bin/python3
"""Turns a folder of unpacked documentation into a corpus: one line of lower-case words per distinct line of text.

usage: corpus.py FOLDER OUT
"""
import gzip
import html
import os
import re
import sys

MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.S | re.I)
NO_WORD = re.compile(r"[^a-z0-9']+")
NO_TEXT = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".pdf", ".woff", ".woff2", ".ttf", ".js", ".css", ".map",
           ".so", ".inv", ".qch", ".idx", ".index"}
SHORTEST = 20


def text_of(path):
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith((".gz", ".dz")):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError):
            return ""
    if b"\0" in data[:4096]:
        return ""
    text = data.decode("utf-8", "ignore")
    return html.unescape(MARKUP.sub(" ", text)) if ".htm" in path or ".xht" in path else text


def files(folder):
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(root, name)
            if os.path.splitext(name)[1].lower() not in NO_TEXT and not os.path.islink(path):
                yield path


def main():
    seen = set()
    with open(sys.argv[2], "w", encoding="ascii") as out:
        for path in files(sys.argv[1]):
            for line in text_of(path).lower().splitlines():
                line = NO_WORD.sub(" ", line).strip()
                if len(line) >= SHORTEST and line not in seen:
                    seen.add(line)
                    out.write(line + "\n")


if __name__ == "__main__":
    main()
