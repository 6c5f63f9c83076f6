"""Talks REST to an API server: what kubectl does, without starting a program for each question."""

import http.client
import json
import ssl
import threading
import urllib.parse

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


class ApiError(Exception):
    """The API server's answer was not 2xx."""

    def __init__(self, status, body, what):
        super().__init__(f"{what}: {status} {body[:500]}")
        self.status = status
        self.body = body


class ApiClient:
    """Thread-safe: each thread has its own connection, which is opened again when it was closed."""

    def __init__(self, server, ca_file=None, token=None, certificate=None, timeout=60):
        """`certificate` is (certificate file, key file); without ca_file nothing is verified."""
        url = urllib.parse.urlsplit(server)
        self.host, self.port = url.hostname, url.port
        self.token = token
        self.timeout = timeout
        self.context = ssl.create_default_context(cafile=ca_file)
        if ca_file is None:
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            self.context.load_cert_chain(*certificate)
        self.local = threading.local()

    def get(self, path, **query):
        return self.call("GET", path + encode(query))

    def items(self, path, **query):
        return self.get(path, **query)["items"]

    def create(self, path, body):
        return self.call("POST", path, body)

    def put(self, path, body):
        return self.call("PUT", path, body)

    def patch(self, path, body):
        return self.call("PATCH", path, body, MERGE_PATCH)

    def delete(self, path, now=True):
        """Gone at once, unless the grace period of the object is to be kept."""
        return self.call("DELETE", path, {"gracePeriodSeconds": 0} if now else None)

    def find(self, path):
        """None where there is no such object."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def call(self, method, path, body=None, content_type=JSON):
        status, text = self.send(method, path, body, content_type)
        if not 200 <= status < 300:
            raise ApiError(status, text, f"{method} {path}")
        return json.loads(text)

    def send(self, method, path, body=None, content_type=JSON):
        """(status, text) whatever the answer is."""
        headers = {"Accept": JSON}
        if body is not None:
            headers["Content-Type"] = content_type
        if self.token is not None:
            headers["Authorization"] = "Bearer " + self.token
        data = None if body is None else json.dumps(body)
        try:
            return self._send_once(method, path, data, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            # A connection that has lain idle may be closed at any time.
            return self._send_once(method, path, data, headers)

    def _send_once(self, method, path, data, headers):
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=self.timeout, context=self.context
            )
            self.local.connection = connection
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.local.connection = None
            raise


def encode(query):
    return "?" + urllib.parse.urlencode(query) if query else ""
