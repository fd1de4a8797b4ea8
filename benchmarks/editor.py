#!/usr/bin/env python3
"""How long `nodal lsp` takes over a file of 500 lines: the examples one behind the other, each with its names changed by
the server itself, until there are as many lines.

    swift build -c release
    python3 benchmarks/editor.py [PATH OF nodal]
"""

import json
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES = 500


class Server:
    """An editor's side of a session."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            [command, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last = 0
        self.diagnostics = {}
        self.ask("initialize", {"capabilities": {}})
        self.tell("initialized", {})

    def send(self, message):
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self.process.stdin.flush()

    def receive(self):
        length = int(self.process.stdout.readline().split(b":")[1])
        self.process.stdout.readline()
        message = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        return message

    def tell(self, method, parameters):
        self.send({"method": method, "params": parameters})

    def ask(self, method, parameters):
        self.last += 1
        self.send({"id": self.last, "method": method, "params": parameters})
        while True:
            message = self.receive()
            if message.get("id") == self.last:
                return message

    def looked(self, method, uri, parameters):
        """Tells of a text, and waits for what is wrong with it."""
        self.diagnostics.pop(uri, None)
        self.tell(method, parameters)
        while uri not in self.diagnostics:
            self.receive()
        return self.diagnostics[uri]

    def open(self, uri, text):
        item = {"uri": uri, "languageId": "nodal", "version": 1, "text": text}
        return self.looked("textDocument/didOpen", uri, {"textDocument": item})

    def change(self, uri, changes):
        document = {"uri": uri, "version": 2}
        return self.looked(
            "textDocument/didChange", uri, {"textDocument": document, "contentChanges": changes})


def edited(text, edits):
    """Positions count UTF-16."""
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    for edit in sorted(edits, key=lambda e: tuple(e["range"]["start"].values()), reverse=True):
        start, end = edit["range"]["start"], edit["range"]["end"]
        line = lines[start["line"]]
        lines[start["line"]] = (
            line[: 2 * start["character"]] + edit["newText"].encode("utf-16-le")
            + line[2 * end["character"]:])
    return "\n".join(line.decode("utf-16-le") for line in lines)


def renamed(server, path, number):
    """A program whose declarations end in its number."""
    text, uri = path.read_text(), path.as_uri()
    server.open(uri, text)
    document = {"textDocument": {"uri": uri}}
    for index in range(len(server.ask("textDocument/documentSymbol", document)["result"])):
        symbol = server.ask("textDocument/documentSymbol", document)["result"][index]
        if symbol["detail"] in ("test", "bench"):
            continue
        answer = server.ask("textDocument/rename", {
            **document, "position": symbol["selectionRange"]["start"],
            "newName": f"{symbol['name']}_{number}"})
        if "result" in answer:
            text = edited(text, answer["result"]["changes"][uri])
            server.change(uri, [{"text": text}])
    server.tell("textDocument/didClose", document)
    return text


def long_program(server):
    head, body = set(), ""
    for number, path in enumerate(sorted((ROOT / "examples").glob("*.node")), 1):
        if body.count("\n") >= LINES:
            break
        text = renamed(server, path, number)
        if re.search(r"^precision f32", text, re.M):
            continue
        head |= set(re.findall(r"^import .*$", text, re.M))
        body += re.sub(r"^(?:import|precision|seed) .*\n", "", text, flags=re.M) + "\n"
    return "\n".join(sorted(head)) + "\n" + body


def timed(name, work):
    times = []
    for each in work:
        start = time.perf_counter()
        each()
        times.append(1e3 * (time.perf_counter() - start))
    times.sort()
    middle, high = times[len(times) // 2], times[int(0.9 * len(times))]
    print(f"{name:34} median {middle:6.1f} ms   9 of 10 below {high:6.1f} ms   n = {len(times)}")


def main():
    command = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / ".build/release/nodal")
    server = Server(command)
    text = long_program(server)
    uri = (ROOT / "examples" / "editor.node").as_uri()
    found = server.open(uri, text)
    errors = [d["message"] for d in found if d["severity"] == 1]
    print(f"{text.count(chr(10))} lines, {len(errors)} errors")
    for message in errors:
        print("  " + message.replace("\n", "; "))
    lines = text.split("\n")
    places = [
        {"textDocument": {"uri": uri}, "position": {"line": line, "character": len(lines[line])}}
        for line in range(20, len(lines), 11)
        if lines[line].strip() and not lines[line].startswith("/")]

    line = 10
    at = {"line": line, "character": 0}
    insert = [{"range": {"start": at, "end": at}, "text": "// a comment\n"}]
    remove = [{"range": {"start": at, "end": {"line": line + 1, "character": 0}}, "text": ""}]
    changes = [lambda c=c: server.change(uri, c) for _ in range(20) for c in (insert, remove)]
    timed("a change, to its diagnostics", changes)
    for method in ("hover", "definition", "references", "completion", "documentSymbol", "formatting"):
        timed(method, [lambda p=p: server.ask(f"textDocument/{method}", p) for p in places])
    server.ask("shutdown", {})
    server.tell("exit", {})


if __name__ == "__main__":
    main()
