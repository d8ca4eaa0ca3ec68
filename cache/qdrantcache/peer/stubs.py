"""Qdrant's published gRPC messages and service stubs, as pb.

They are in the package qdrant_client, whose own start imports an HTTP client
and thousands of model classes that a server has no use for. A bare package of
that name, which points at the same folder, gives the stubs alone.
"""

import importlib.util
import sys
import types


def load():
    spec = importlib.util.find_spec("qdrant_client")
    if spec is None:
        raise ModuleNotFoundError("No module named 'qdrant_client'")
    bare = types.ModuleType("qdrant_client")
    bare.__path__ = list(spec.submodule_search_locations)
    sys.modules.setdefault("qdrant_client", bare)
    return importlib.import_module("qdrant_client.grpc")


pb = load()
