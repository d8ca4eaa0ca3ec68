"""The model as an ONNX graph, from the published weights: ids in, last rows out."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HIDDEN, HEADS, LAYERS = 384, 12, 6
HEAD = HIDDEN // HEADS


def build(source, path):
    graph = Graph(source.weights)
    x = graph.embeddings()
    for index in range(LAYERS):
        x = graph.layer(f"encoder.layer.{index}.", x)
    graph.save(x, path)


class Graph:
    """Nodes and constants as they are added; names of results are the edges."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], []

    def node(self, kind, *inputs, **attributes):
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, value, kind=np.float32):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, kind).reshape(np.shape(value)), name))
        return name

    def weight(self, name):
        return self.constant(self.weights[name])

    def norm(self, x, name):
        return self.node("LayerNormalization", x, self.weight(name + ".weight"), self.weight(name + ".bias"), axis=-1, epsilon=1e-12)

    def linear(self, x, name):
        product = self.node("MatMul", x, self.constant(self.weights[name + ".weight"].T))
        return self.node("Add", product, self.weight(name + ".bias"))

    def embeddings(self):
        words = self.node("Gather", self.weight("embeddings.word_embeddings.weight"), "ids", axis=0)
        length = self.node("Gather", self.node("Shape", "ids"), self.constant(1, np.int64), axis=0)
        order = self.node("Range", self.constant(0, np.int64), length, self.constant(1, np.int64))
        table = self.weights["embeddings.position_embeddings.weight"] + self.weights["embeddings.token_type_embeddings.weight"][0]
        positions = self.node("Gather", self.constant(table), order, axis=0)
        return self.norm(self.node("Add", words, positions), "embeddings.LayerNorm")

    def attention(self, prefix, x):
        split = self.constant([0, 0, HEADS, HEAD], np.int64)

        def part(name, order):
            rows = self.node("Reshape", self.linear(x, prefix + "attention.self." + name), split)
            return self.node("Transpose", rows, perm=order)

        scores = self.node("MatMul", part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1]))
        weights = self.node("Softmax", self.node("Mul", scores, self.constant(HEAD ** -0.5)), axis=-1)
        mixed = self.node("MatMul", weights, part("value", [0, 2, 1, 3]))
        rows = self.node("Reshape", self.node("Transpose", mixed, perm=[0, 2, 1, 3]), self.constant([0, 0, HIDDEN], np.int64))
        return self.linear(rows, prefix + "attention.output.dense")

    def gelu(self, x):
        """Spelt out in the shape that onnxruntime fuses into one kernel."""
        erf = self.node("Erf", self.node("Div", x, self.constant(2 ** 0.5)))
        return self.node("Mul", self.node("Mul", x, self.node("Add", erf, self.constant(1.0))), self.constant(0.5))

    def layer(self, prefix, x):
        x = self.norm(self.node("Add", self.attention(prefix, x), x), prefix + "attention.output.LayerNorm")
        up = self.gelu(self.linear(x, prefix + "intermediate.dense"))
        return self.norm(self.node("Add", self.linear(up, prefix + "output.dense"), x), prefix + "output.LayerNorm")

    def save(self, x, path):
        self.nodes.append(helper.make_node("Identity", [x], ["rows"]))
        graph = helper.make_graph(
            self.nodes, "minilm",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "tokens"])],
            [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", "tokens", HIDDEN])], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)
