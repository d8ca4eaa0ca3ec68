"""The gRPC services Qdrant, Collections and Points, as far as askonce's index
uses them. A method that isn't here answers UNIMPLEMENTED."""

import functools
import time

import grpc
import qdrant_edge as edge

import messages
from collections_store import AlreadyExists, NotFound
from stubs import pb

VERSION = "1.17.1"  # of the protocol: the stubs'


def answers(method):
    """Turns the peer's exceptions into the codes that the server answers."""

    @functools.wraps(method)
    def call(self, request, context):
        try:
            return method(self, request, context)
        except NotFound as e:
            context.abort(grpc.StatusCode.NOT_FOUND, str(e))
        except AlreadyExists as e:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, str(e))
        except messages.Unsupported as e:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the test peer leaves out {e}")
        except Exception as e:
            # The engine raises bare Exceptions for what the server calls wrong
            # input; any other kind is a defect of this peer.
            if type(e) is not Exception:
                raise
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Wrong input: {e}")

    return call


class Health(pb.QdrantServicer):
    def HealthCheck(self, request, context):
        return pb.HealthCheckReply(title="askonce test peer on Qdrant Edge", version=VERSION)


class Collections(pb.CollectionsServicer):
    def __init__(self, store):
        self.store = store

    @answers
    def Get(self, request, context):
        began = time.monotonic()
        info = self.store.get(request.collection_name).info()
        return pb.GetCollectionInfoResponse(result=info, time=time.monotonic() - began)

    @answers
    def List(self, request, context):
        names = [pb.CollectionDescription(name=name) for name in sorted(self.store.collections)]
        return pb.ListCollectionsResponse(collections=names)

    @answers
    def CollectionExists(self, request, context):
        try:
            self.store.get(request.collection_name)
            exists = True
        except NotFound:
            exists = False
        return pb.CollectionExistsResponse(result=pb.CollectionExists(exists=exists))

    @answers
    def Create(self, request, context):
        self.store.create(request)
        return pb.CollectionOperationResponse(result=True)

    @answers
    def Update(self, request, context):
        self.store.get(request.collection_name)
        changes = [field.name for field, _ in request.ListFields()]
        optimizers = [field.name for field, _ in request.optimizers_config.ListFields()]
        if (changes, optimizers) != (["collection_name", "optimizers_config"], ["default_segment_number"]):
            raise messages.Unsupported("changes of collections other than default_segment_number")
        if request.optimizers_config.default_segment_number != 1:
            raise messages.Unsupported("more than one segment")
        return pb.CollectionOperationResponse(result=True)  # every collection here is like that

    @answers
    def Delete(self, request, context):
        return pb.CollectionOperationResponse(result=self.store.delete(request.collection_name))

    @answers
    def ListAliases(self, request, context):
        aliases = [pb.AliasDescription(alias_name=a, collection_name=c) for a, c in self.store.aliases.items()]
        return pb.ListAliasesResponse(aliases=aliases)

    @answers
    def UpdateAliases(self, request, context):
        self.store.update_aliases(request.actions)
        return pb.CollectionOperationResponse(result=True)


class Points(pb.PointsServicer):
    def __init__(self, store):
        self.store = store

    def _update(self, request, operation):
        began = time.monotonic()
        self.store.get(request.collection_name).update(operation)
        return pb.PointsOperationResponse(
            result=pb.UpdateResult(status=pb.UpdateStatus.Completed), time=time.monotonic() - began)

    @answers
    def Upsert(self, request, context):
        return self._update(request, edge.UpdateOperation.upsert_points([messages.point(p) for p in request.points]))

    @answers
    def Delete(self, request, context):
        chosen = request.points
        if chosen.WhichOneof("points_selector_one_of") == "filter":
            return self._update(request, edge.UpdateOperation.delete_points_by_filter(messages.filter_(chosen.filter)))
        ids = [messages.point_id(i) for i in chosen.points.ids]
        return self._update(request, edge.UpdateOperation.delete_points(ids))

    @answers
    def CreateFieldIndex(self, request, context):
        operation = edge.UpdateOperation.create_field_index(request.field_name, messages.index_params(request))
        return self._update(request, operation)

    @answers
    def Get(self, request, context):
        began = time.monotonic()
        found = self.store.get(request.collection_name).shard.retrieve(
            [messages.point_id(i) for i in request.ids], messages.selector(request.with_payload),
            messages.wants_vectors(request.with_vectors))
        points = [
            pb.RetrievedPoint(
                id=messages.point_id_message(p.id),
                payload=messages.payload_message(p.payload),
                vectors=messages.vectors_message(p.vector),
            )
            for p in found
        ]
        return pb.GetResponse(result=points, time=time.monotonic() - began)

    @answers
    def Query(self, request, context):
        began = time.monotonic()
        found = self.store.get(request.collection_name).shard.query(messages.query(request))
        points = [
            pb.ScoredPoint(
                id=messages.point_id_message(p.id),
                version=p.version,
                score=p.score,
                payload=messages.payload_message(p.payload),
            )
            for p in found
        ]
        return pb.QueryResponse(result=points, time=time.monotonic() - began)

    @answers
    def Count(self, request, context):
        count = edge.CountRequest(
            exact=not request.HasField("exact") or request.exact,
            filter=messages.filter_(request.filter) if request.HasField("filter") else None,
        )
        n = self.store.get(request.collection_name).shard.count(count)
        return pb.CountResponse(result=pb.CountResult(count=n))


class KeyCheck(grpc.ServerInterceptor):
    """Refuses calls without the API key."""

    def __init__(self, key):
        self.key = key
        self.refused = grpc.unary_unary_rpc_method_handler(self._refuse)

    @staticmethod
    def _refuse(request, context):
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "Invalid API key or JWT")

    def intercept_service(self, continuation, details):
        if dict(details.invocation_metadata).get("api-key") != self.key:
            return self.refused
        return continuation(details)
