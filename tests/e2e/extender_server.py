"""An extender whose answers follow from names alone, so that every scheduler gets the same ones."""

import http.server
import json
import threading
import zlib

SCORES = 1000  # so many that two nodes hardly ever share one


def lot(pod_object, node_name, purpose):
    return zlib.crc32(f"{purpose} {pod_object['metadata']['name']} {node_name}".encode())


class Extender:
    """Turns away a third of all nodes, half of them with a reason. Pods called full-* get none,
    those called probe* get all. `bind` is called with the arguments of a binding."""

    def __init__(self, bind=None):
        self.bind = bind
        self.asked = []
        self.status = 200
        extender = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                verb = self.path.strip("/")
                answer = json.dumps(extender.answer(verb, json.loads(body))).encode()
                self.send_response(extender.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, verb, arguments):
        self.asked.append((verb, arguments))
        if verb == "filter":
            return self.filter(arguments)
        if verb == "prioritize":
            names = self.names(arguments)
            return [
                {"Host": name, "Score": lot(arguments["Pod"], name, "score") % SCORES}
                for name in names
            ]
        if verb == "bind":
            return self.bind(arguments)
        raise ValueError(verb)

    @staticmethod
    def names(arguments):
        if arguments["NodeNames"] is not None:
            return arguments["NodeNames"]
        return [node["metadata"]["name"] for node in arguments["Nodes"]["items"]]

    def filter(self, arguments):
        pod = arguments["Pod"]
        name = pod["metadata"]["name"]
        kept, failed, unresolvable = [], {}, {}
        for node in self.names(arguments):
            draw = lot(pod, node, "filter") % 6
            if name.startswith("probe") or (draw > 1 and not name.startswith("full-")):
                kept.append(node)
            elif draw == 0:
                failed[node] = "no licence"
            elif draw == 1:
                unresolvable[node] = "no dongle"
        answer = {"FailedNodes": failed, "FailedAndUnresolvableNodes": unresolvable}
        if arguments["NodeNames"] is not None:
            return {**answer, "NodeNames": kept}
        items = [one for one in arguments["Nodes"]["items"] if one["metadata"]["name"] in kept]
        return {**answer, "Nodes": {"items": items}}
