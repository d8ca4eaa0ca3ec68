"""Serves Qdrant's gRPC protocol from Qdrant's own engine, for tests.

Prints "ready ADDRESS" once it listens. Ends on SIGTERM, and with --until-eof
when its standard input closes: the test that started it has crashed.
"""

import argparse
import concurrent.futures
import shutil
import signal
import sys
import threading

import grpc

from collections_store import CollectionsStore
from services import Collections, Health, KeyCheck, Points
from stubs import pb

OPTIONS = [
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 4 << 20),
    ("grpc.max_send_message_length", -1),
    # The server lets clients ping as often as they like.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 100),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
]


def main():
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--storage", required=True, help="folder of the collections")
    flags.add_argument("--listen", default="127.0.0.1:0", help="address to listen on")
    flags.add_argument("--api-key", default="", help="refuse calls without this key")
    flags.add_argument("--until-eof", default="", metavar="FOLDER",
                       help="end when the standard input closes, and remove this folder")
    flags = flags.parse_args()

    store = CollectionsStore(flags.storage)
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(max_workers=16),
        interceptors=[KeyCheck(flags.api_key)] if flags.api_key else [],
        options=OPTIONS,
    )
    pb.add_QdrantServicer_to_server(Health(), server)
    pb.add_CollectionsServicer_to_server(Collections(store), server)
    pb.add_PointsServicer_to_server(Points(store), server)
    port = server.add_insecure_port(flags.listen)
    server.start()
    host = flags.listen.rpartition(":")[0]
    print(f"ready {host}:{port}", flush=True)

    ended, orphaned = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())

    def watch():
        sys.stdin.read()
        orphaned.set()
        ended.set()

    if flags.until_eof:
        threading.Thread(target=watch, daemon=True).start()
    ended.wait()
    server.stop(grace=1).wait()
    store.close()
    if orphaned.is_set():
        shutil.rmtree(flags.until_eof)


main()
