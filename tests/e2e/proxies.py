"""What stands between a scheduler and its API server and does it harm."""

import http.client
import http.server
import json
import socket
import ssl
import struct
import threading
import time
import urllib.parse


class CuttingProxy:
    """Passes bytes on, TLS and all, until its connections are cut; may be slow about it."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.delay = 0.0  # seconds before each piece is passed on
        self.pairs = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.server = f"https://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Resets all connections; new ones are passed on again. How many there were."""
        with self.lock:
            pairs, self.pairs = self.pairs, set()
        return sum(_reset(client) and _reset(upstream) for client, upstream in pairs)

    def close(self):
        _close(self.listener)
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                upstream = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.add((client, upstream))
            for source, target in ((client, upstream), (upstream, client)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source, target):
        try:
            while data := source.recv(65536):
                if self.delay > 0:
                    time.sleep(self.delay)
                target.sendall(data)
        except OSError:
            pass
        _close(source)
        _close(target)


def _reset(end):
    """No orderly end, as when a firewall has forgotten the connection. False: it had ended."""
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        return False
    _close(end)
    return True


def _close(end):
    try:
        # Wakes whoever reads from it.
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()


class Fault:
    """An answer in the place of the API server's, or a delay of it.

    `where(method, path)` says which requests it is about; it happens `times` times.
    """

    def __init__(self, where, status=None, times=1, reason="", headers=None, delay=0.0):
        self.where = where
        self.status = status
        self.left = times
        self.reason = reason
        self.headers = headers or {}
        self.delay = delay

    def body(self):
        return json.dumps(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "message": f"injected {self.status}",
                "reason": self.reason,
                "code": self.status,
            }
        ).encode()


class InjectingProxy:
    """Speaks HTTP with a certificate of its own, so that it can answer in the API server's place."""

    def __init__(self, plane, authority):
        self.plane = plane
        self.faults = []
        self.injected = 0
        self.watches = set()
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.httpd.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.sign_server("proxy"))
        # The handshake belongs to the thread of the connection.
        self.httpd.socket = context.wrap_socket(
            self.httpd.socket, server_side=True, do_handshake_on_connect=False
        )
        self.server = f"https://127.0.0.1:{self.httpd.server_address[1]}"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def inject(self, *faults):
        with self.lock:
            self.faults += faults

    def take_fault(self, method, path):
        with self.lock:
            for fault in self.faults:
                if fault.left > 0 and fault.where(method, path):
                    fault.left -= 1
                    self.injected += 1
                    return fault
        return None

    def all_happened(self):
        with self.lock:
            return all(fault.left == 0 for fault in self.faults)

    def expire_watches(self):
        """Tells all watches, in the middle of them, that their version is too old."""
        with self.lock:
            watches, self.watches = self.watches, set()
        return sum(watch.expire() for watch in watches)

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()


EXPIRED = {
    "type": "ERROR",
    "object": {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": "too old resource version: 1 (2)",
        "reason": "Expired",
        "code": 410,
    },
}
HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy = None  # set by the proxy in a class of its own
    upstream = None

    def log_message(self, *arguments):
        pass

    def _handle(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.proxy.take_fault(self.command, self.path)
        if fault is not None and fault.delay > 0:
            time.sleep(fault.delay)
        try:
            if fault is not None and fault.status is not None:
                self._answer(fault.status, list(fault.headers.items()), fault.body())
            else:
                self._forward(body)
        except (OSError, http.client.HTTPException):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def _forward(self, body):
        response = self._ask(body)
        if "watch=true" in urllib.parse.urlsplit(self.path).query and response.status == 200:
            return self._stream(response)
        headers = [(k, v) for k, v in response.getheaders() if k.lower() not in HOP_BY_HOP]
        self._answer(response.status, headers, response.read())

    def _ask(self, body):
        for is_last in (False, True):
            if self.upstream is None:
                context = ssl.create_default_context(cafile=self.proxy.plane.ca_file)
                port = self.proxy.plane.port
                self.upstream = http.client.HTTPSConnection("127.0.0.1", port, context=context)
            try:
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                self.upstream.request(self.command, self.path, body or None, headers)
                return self.upstream.getresponse()
            except (OSError, http.client.HTTPException):
                self.upstream.close()
                self.upstream = None
                if is_last:
                    raise

    def _answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, response):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        watch = _Watch(self.wfile, self.upstream.sock)
        with self.proxy.lock:
            self.proxy.watches.add(watch)
        try:
            while data := response.read1(65536):
                watch.write(data)
        finally:
            with self.proxy.lock:
                self.proxy.watches.discard(watch)
            watch.end()
            self.close_connection = True
            self.upstream.close()
            self.upstream = None


class _Watch:
    """An answer that is being passed on piece by piece."""

    def __init__(self, output, upstream):
        self.output = output
        self.upstream = upstream
        self.lock = threading.Lock()
        self.is_open = True
        self.at_line_start = True

    def write(self, data):
        with self.lock:
            if self.is_open:
                self._chunk(data)
                self.at_line_start = data.endswith(b"\n")

    def expire(self):
        """Whether it was told; a line that was begun must not run into the next."""
        with self.lock:
            if not self.is_open or not self.at_line_start:
                return False
            try:
                self._chunk(json.dumps(EXPIRED).encode() + b"\n")
                # Wakes the one who reads.
                self.upstream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            return True

    def end(self):
        with self.lock:
            self.is_open = False
            try:
                self.output.write(b"0\r\n\r\n")
            except OSError:
                pass

    def _chunk(self, data):
        self.output.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.output.flush()


class RecordingProxy:
    """Hands requests on to a server on this machine and keeps them and their answers, byte by byte."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.exchanges = []  # (path, request, answer)
        handler = type("Handler", (_RecordingHandler,), {"proxy": self})
        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.httpd.daemon_threads = True
        self.server = f"http://127.0.0.1:{self.httpd.server_address[1]}"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()


class _RecordingHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        upstream = http.client.HTTPConnection("127.0.0.1", self.proxy.target_port)
        upstream.request("POST", self.path, body, {"Content-Type": "application/json"})
        answer = upstream.getresponse()
        text = answer.read()
        upstream.close()
        self.proxy.exchanges.append((self.path, body, text))
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass
