#!/usr/bin/env python3
"""Stands before the members of a real Patroni and keeps back the answers to what changes something: hold.py LOG NAME=URL...

Prints a line "NAME URL" for each member and then "ready". What is read goes through as it is. Whatever else is asked reaches
Patroni too, but who asked never hears of it; LOG gets "sent METHOD PATH BODY" once it has been handed on, and "answered STATUS
METHOD PATH" when Patroni has answered.
"""
import http.server
import socket
import sys
import threading
import time
import urllib.parse

log_lock = threading.Lock()


def log(path, *words):
    with log_lock, open(path, "a", encoding="utf-8") as f:
        print(*words, file=f)


def handler(log_path, host, port):
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def handle_request(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            head = "%s %s HTTP/1.0\r\n" % (self.command, self.path)
            head += "".join("%s: %s\r\n" % h for h in self.headers.items() if h[0].lower() != "connection")
            with socket.create_connection((host, port)) as s:
                s.sendall((head + "\r\n").encode("latin-1") + body)
                if self.command == "GET":
                    for data in iter(lambda: s.recv(65536), b""):
                        self.wfile.write(data)
                    return
                log(log_path, "sent", self.command, self.path, body.decode())
                answer = b"".join(iter(lambda: s.recv(65536), b""))
            log(log_path, "answered", answer.split(b" ", 2)[1].decode() if answer else "nothing", self.command, self.path)
            while self.connection.recv(1):  # until who asked has gone
                pass

        do_GET = do_POST = do_PATCH = do_DELETE = handle_request

    return Handler


def main():
    log_path = sys.argv[1]
    for name, url in (a.split("=", 1) for a in sys.argv[2:]):
        to = urllib.parse.urlsplit(url)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(log_path, to.hostname, to.port))
        server.handle_error = lambda *_: None  # a member that is down, a client that has gone
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(name, "http://127.0.0.1:%d" % server.server_address[1])
    print("ready", flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
