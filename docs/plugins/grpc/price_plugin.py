#!/usr/bin/env python3
"""A plugin of Berth as a server: cheap nodes first, and none above what the pod is willing to pay.

Nodes tell their price in the label example.com/price, pods their limit in the label
example.com/max-price; a node without a price is free of charge. What happens here is said in
proto/berth/plugin/v1/plugin.proto.

usage: price_plugin.py [--address 127.0.0.1:0]

Prints "listening on ADDRESS" once it serves. PYTHONPATH has to have the modules that protoc makes of
the protocol; README.md beside this file says how.
"""

import argparse
import collections
import concurrent.futures
import threading

import grpc
from berth.plugin.v1 import plugin_pb2, plugin_pb2_grpc

NAME = "Price"
PRICE = "example.com/price"
MAX_PRICE = "example.com/max-price"
MAX_SESSIONS = 64
SERVING = b"\x08\x01"  # grpc.health.v1.HealthCheckResponse: status SERVING


class Session:
    """What one Berth has told: the price of each node by its index."""

    def __init__(self):
        self.generation = None
        self.prices = {}

    def take(self, rows):
        for index in rows.removed:
            self.prices.pop(index, None)
        values = [0] * len(rows.indexes)
        for column in rows.labels:  # one at most, since one was wanted
            prices = [0] + [price_of(text) for text in column.dictionary]
            values = [prices[number] for number in column.values]
        self.prices.update(zip(rows.indexes, values))


class NodeSet:
    """A bitmap: the node with index i is bit i % 8 of byte i // 8."""

    def __init__(self, size):
        self.bytes = bytearray(size)

    def add(self, index):
        self.bytes[index // 8] |= 1 << index % 8


def price_of(text):
    try:
        return max(0, int(text))
    except ValueError:
        return 0


def indexes_of(mask):
    for position, byte in enumerate(mask):
        for bit in range(8):
            if byte >> bit & 1:
                yield position * 8 + bit


class PricePlugin(plugin_pb2_grpc.PluginServicer):
    def __init__(self):
        self.lock = threading.Lock()
        self.sessions = collections.OrderedDict()  # the least recently used first

    def Describe(self, request, context):
        with self.lock:
            self.sessions[request.session] = Session()
            while len(self.sessions) > MAX_SESSIONS:
                self.sessions.popitem(last=False)
        return plugin_pb2.DescribeResponse(
            name=NAME,
            filters=True,
            scores=True,
            normalization=plugin_pb2.NORMALIZATION_BY_MAX_REVERSE,
            wants=plugin_pb2.Wants(labels=[PRICE]),
            events=[plugin_pb2.EVENT_NODE_ADDED, plugin_pb2.EVENT_NODE_LABELS_CHANGED],
            reusable=True)

    def Sync(self, requests, context):
        synced = Session()
        session = ""
        for request in requests:
            session = request.session
            synced.generation = request.generation
            synced.take(request.nodes)
        with self.lock:
            self.find(session, context)
            self.sessions[session] = synced
        return plugin_pb2.SyncResponse(generation=synced.generation)

    def Evaluate(self, request, context):
        with self.lock:
            session = self.find(request.session, context)
            if session.generation != request.base_generation:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "another generation")
            session.take(request.nodes)
            session.generation = request.generation
            return self.decide(session, request)

    def decide(self, session, request):
        limit = request.pod.labels.get(MAX_PRICE)
        limit = None if limit is None else price_of(limit)
        kept = NodeSet(len(request.candidates))
        dear = NodeSet(len(request.candidates))
        prices = []
        for index in indexes_of(request.candidates):
            price = session.prices[index]
            if limit is not None and price > limit:
                dear.add(index)
            else:
                kept.add(index)
                prices.append(price)
        response = plugin_pb2.EvaluateResponse(kept=bytes(kept.bytes), scores=prices)
        if any(dear.bytes):
            response.rejections.add(reason="node(s) were above the price that the pod pays",
                                    unresolvable=True, nodes=bytes(dear.bytes))
        return response

    def find(self, name, context):
        if name not in self.sessions:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "there is no such session")
        self.sessions.move_to_end(name)
        return self.sessions[name]


def health_handler(stopping):
    """grpc.health.v1.Health without its package: healthy as long as it runs."""

    def watch(_request, context):
        yield SERVING
        while context.is_active() and not stopping.wait(1):
            pass

    return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {
        "Check": grpc.unary_unary_rpc_method_handler(lambda _request, _context: SERVING),
        "Watch": grpc.unary_stream_rpc_method_handler(watch),
    })


def main():
    parser = argparse.ArgumentParser(description="A plugin of Berth: cheap nodes first")
    parser.add_argument("--address", default="127.0.0.1:0", help="host:port or unix:/path")
    address = parser.parse_args().address
    stopping = threading.Event()
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=16))
    plugin_pb2_grpc.add_PluginServicer_to_server(PricePlugin(), server)
    server.add_generic_rpc_handlers((health_handler(stopping),))
    port = server.add_insecure_port(address)
    server.start()
    if not address.startswith("unix:"):
        address = f"{address.rpartition(':')[0]}:{port}"
    print(f"listening on {address}", flush=True)
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        pass
    stopping.set()
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
