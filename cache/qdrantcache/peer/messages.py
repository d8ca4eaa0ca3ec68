"""Between gRPC messages and the engine's own types.

Only what askonce's index sends is understood. Anything else raises
Unsupported, so that a test fails loudly and not with other results than the
server's.
"""

import qdrant_edge as edge

from stubs import pb


class Unsupported(Exception):
    """The request uses something that this peer leaves out."""


def point_id(message):
    kind = message.WhichOneof("point_id_options")
    return getattr(message, kind)


def point_id_message(value):
    if isinstance(value, int):
        return pb.PointId(num=value)
    return pb.PointId(uuid=str(value))


def value(message):
    """A payload value as Python's own."""
    kind = message.WhichOneof("kind")
    if kind in (None, "null_value"):
        return None
    if kind == "list_value":
        return [value(item) for item in message.list_value.values]
    if kind == "struct_value":
        return payload(message.struct_value.fields)
    return getattr(message, kind)


def payload(fields):
    return {name: value(field) for name, field in fields.items()}


def value_message(plain):
    if plain is None:
        return pb.Value(null_value=0)
    if isinstance(plain, bool):
        return pb.Value(bool_value=plain)
    if isinstance(plain, int):
        return pb.Value(integer_value=plain)
    if isinstance(plain, float):
        return pb.Value(double_value=plain)
    if isinstance(plain, str):
        return pb.Value(string_value=plain)
    if isinstance(plain, list):
        return pb.Value(list_value=pb.ListValue(values=[value_message(item) for item in plain]))
    return pb.Value(struct_value=pb.Struct(fields=payload_message(plain)))


def payload_message(fields):
    return {name: value_message(plain) for name, plain in (fields or {}).items()}


def vector(message):
    """The dense vector of a Vector, Vectors or VectorInput message."""
    for step in ("vectors_options", "vector", "variant"):
        if step in message.DESCRIPTOR.oneofs_by_name:
            kind = message.WhichOneof(step)
            if kind == "vector":
                return vector(message.vector)
            if kind == "dense":
                return list(message.dense.data)
            raise Unsupported(f"vectors of kind {kind}")
    raise Unsupported(f"vectors in {message.DESCRIPTOR.name}")


def wants_vectors(message):
    kind = message.WhichOneof("selector_options")
    if kind == "include":
        raise Unsupported("named vectors")
    return kind is not None and message.enable


def vectors_message(plain):
    if plain is None:
        return None
    if not isinstance(plain, list):
        raise Unsupported(f"vectors of kind {type(plain).__name__}")
    return pb.VectorsOutput(vector=pb.VectorOutput(dense=pb.DenseVector(data=plain)))


def point(message):
    return edge.Point(point_id(message.id), vector(message.vectors), payload(message.payload))


def filter_(message):
    if message.should or message.HasField("min_should"):
        raise Unsupported("should conditions")
    return edge.Filter(
        must=[condition(c) for c in message.must] or None,
        must_not=[condition(c) for c in message.must_not] or None,
    )


def condition(message):
    kind = message.WhichOneof("condition_one_of")
    if kind == "has_id":
        return edge.HasIdCondition({point_id(i) for i in message.has_id.has_id})
    if kind != "field":
        raise Unsupported(f"conditions of kind {kind}")
    field = message.field
    if field.HasField("match"):
        return edge.FieldCondition(field.key, match=match(field.match))
    if field.HasField("range"):
        return edge.FieldCondition(field.key, range=range_(field.range))
    raise Unsupported(f"the condition on {field.key}")


def match(message):
    kind = message.WhichOneof("match_value")
    if kind not in ("keyword", "integer", "boolean"):
        raise Unsupported(f"matches of kind {kind}")
    return edge.MatchValue(getattr(message, kind))


def range_(message):
    bounds = {b: getattr(message, b) for b in ("gt", "gte", "lt", "lte") if message.HasField(b)}
    return edge.RangeFloat(**bounds)


def selector(message):
    kind = message.WhichOneof("selector_options")
    if kind == "include":
        return edge.PayloadSelector.Include(list(message.include.fields))
    if kind == "exclude":
        return edge.PayloadSelector.Exclude(list(message.exclude.fields))
    return bool(message.enable)


def query(message):
    """The engine's request for a QueryPoints message: nearest, filtered."""
    if message.query.WhichOneof("variant") != "nearest" or message.prefetch:
        raise Unsupported("queries other than nearest")
    return edge.QueryRequest(
        query=edge.Query.Nearest(vector(message.query.nearest)),
        filter=filter_(message.filter) if message.HasField("filter") else None,
        limit=message.limit if message.HasField("limit") else 10,
        offset=message.offset,
        with_payload=selector(message.with_payload),
        params=search_params(message.params),
        score_threshold=optional(message, "score_threshold"),
    )


def search_params(message):
    quantization = None
    if message.HasField("quantization"):
        q = message.quantization
        quantization = edge.QuantizationSearchParams(
            ignore=q.ignore, rescore=optional(q, "rescore"), oversampling=optional(q, "oversampling"))
    return edge.SearchParams(
        hnsw_ef=optional(message, "hnsw_ef"),
        exact=message.exact,
        quantization=quantization,
        indexed_only=message.indexed_only,
    )


def optional(message, field):
    return getattr(message, field) if message.HasField(field) else None


def engine_config(message):
    """The engine's configuration for a CreateCollection message."""
    if message.vectors_config.WhichOneof("config") != "params":
        raise Unsupported("named vectors")
    params = message.vectors_config.params
    hnsw = message.hnsw_config
    return edge.EdgeConfig(
        vectors=edge.EdgeVectorParams(
            size=params.size,
            distance=getattr(edge.Distance, pb.Distance.Name(params.distance)),
            on_disk=optional(params, "on_disk"),
        ),
        on_disk_payload=optional(message, "on_disk_payload"),
        hnsw_config=edge.HnswIndexConfig(
            m=hnsw.m if hnsw.HasField("m") else 16,
            ef_construct=hnsw.ef_construct or 100,
            full_scan_threshold=hnsw.full_scan_threshold or 10_000,
            max_indexing_threads=1,
            payload_m=optional(hnsw, "payload_m"),
            on_disk=optional(hnsw, "on_disk"),
        ),
        quantization_config=quantization_config(message.quantization_config),
        optimizers=edge.EdgeOptimizersConfig(default_segment_number=1),
    )


def quantization_config(message):
    kind = message.WhichOneof("quantization")
    if kind is None:
        return None
    if kind != "scalar":
        raise Unsupported(f"quantisation of kind {kind}")
    return edge.ScalarQuantizationConfig(
        edge.ScalarType.Int8,
        quantile=optional(message.scalar, "quantile"),
        always_ram=optional(message.scalar, "always_ram"),
    )


def index_params(message):
    """The engine's parameters for a CreateFieldIndexCollection message."""
    params = message.field_index_params
    kind = params.WhichOneof("index_params")
    if kind == "keyword_index_params":
        p = params.keyword_index_params
        return edge.KeywordIndexParams(
            is_tenant=optional(p, "is_tenant"), on_disk=optional(p, "on_disk"), enable_hnsw=optional(p, "enable_hnsw"))
    if kind == "integer_index_params":
        p = params.integer_index_params
        return edge.IntegerIndexParams(
            lookup=optional(p, "lookup"), range=optional(p, "range"), is_principal=optional(p, "is_principal"),
            on_disk=optional(p, "on_disk"), enable_hnsw=optional(p, "enable_hnsw"))
    raise Unsupported(f"payload indexes with {kind or 'no parameters'}")


def field_schema(info):
    """The PayloadSchemaInfo message for one of the engine's payload indexes."""
    p = info.params
    if isinstance(p, edge.KeywordIndexParams):
        params = pb.KeywordIndexParams(is_tenant=p.is_tenant, on_disk=p.on_disk, enable_hnsw=p.enable_hnsw)
        return pb.PayloadSchemaInfo(
            data_type=pb.PayloadSchemaType.Keyword, points=info.points,
            params=pb.PayloadIndexParams(keyword_index_params=params))
    if isinstance(p, edge.IntegerIndexParams):
        params = pb.IntegerIndexParams(
            lookup=p.lookup, range=p.range, is_principal=p.is_principal, on_disk=p.on_disk, enable_hnsw=p.enable_hnsw)
        return pb.PayloadSchemaInfo(
            data_type=pb.PayloadSchemaType.Integer, points=info.points,
            params=pb.PayloadIndexParams(integer_index_params=params))
    raise Unsupported(f"payload indexes of kind {info.data_type}")
