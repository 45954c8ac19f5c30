# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A web server on this machine that behaves as badly as a test asks for."""
import http.server
import ssl
import threading


class File:
    """What the server has under one path, and how it serves it."""

    def __init__(self, content, etag='"1"', cuts=(), ranges=True, honest=True, length=True, status=200, kind="application/x"):
        self.content, self.etag, self.status, self.kind = content, etag, status, kind
        self.cuts = list(cuts)  # of each answer in turn: after how many bytes of it the connection breaks
        self.ranges = ranges    # answers Range with 206
        self.honest = honest    # looks at If-Range
        self.length = length    # tells how many bytes will come
        self.location = None    # where a redirect leads


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        file = self.server.files.get(self.path)
        self.server.requests.append((self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        if file is None:
            self.send_error(404)
            return
        begin = self.begin(file)
        status = 206 if begin is not None and file.status == 200 else file.status
        body = file.content[begin or 0:]
        self.send_response(status)
        self.send_headers(file, status, begin, body)
        body = body[:file.cuts.pop(0)] if file.cuts else body
        self.wfile.write(body)
        self.close_connection = True

    def begin(self, file):
        asked = self.headers.get("Range")
        if not asked or not file.ranges:
            return None
        version = self.headers.get("If-Range")
        if file.honest and version and version != file.etag:
            return None
        return int(asked.removeprefix("bytes=").removesuffix("-"))

    def send_headers(self, file, status, begin, body):
        self.send_header("Content-Type", file.kind)
        if file.etag:
            self.send_header("ETag", file.etag)
        if file.location:
            self.send_header("Location", file.location)
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{len(file.content) - 1}/{len(file.content)}")
        if file.length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()

    def log_message(self, *_):
        pass


class Server:
    def __enter__(self):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.files, self.http.requests = {}, []
        self.files, self.requests = self.http.files, self.http.requests
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def encrypt(self, certificate):
        """Speaks https from now on; `certificate` holds the key, too."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.http.handle_error = lambda *_: None  # a client that goes away

    def url(self, path):
        return f"http://127.0.0.1:{self.http.server_port}{path}"
