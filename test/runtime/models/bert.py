"""Builds the ONNX graph of a BERT encoder with mean pooling (sentence-transformers' all-MiniLM-L6-v2) from its safetensors, without PyTorch.

Inputs input_ids, attention_mask, token_type_ids: INT64 [batch, sequence]. Outputs last_hidden_state: FP32 [batch, sequence, hidden] and
sentence_embedding: FP32 [batch, hidden], the mean over unmasked tokens divided by its length.
Formulas: Devlin et al. 2018 (arXiv 1810.04805); names of weights: Hugging Face's BertModel.
"""
import json
import struct

import numpy
from onnx import TensorProto, helper, numpy_helper


def read_safetensors(path):
    """FP32 tensors of the file. Format: eight bytes of header length, a JSON header, the bytes."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    body = 8 + length
    tensors = {}
    for name, entry in json.loads(data[8:body]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            tensors[name] = numpy.frombuffer(data[body + start:body + end], numpy.float32).reshape(entry["shape"])
    return tensors


class Graph:
    """Nodes as function calls: each returns the name of its output."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def node(self, operator, *inputs, output=None, **attributes):
        name = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=f"node_{name}", **attributes))
        return name

    def constant(self, value, name=None):
        name = name or f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(numpy.array(value, order="C"), name))
        return name


class Encoder:
    def __init__(self, weights, config):
        self.weights, self.graph = weights, Graph()
        self.heads, self.layers = config["num_attention_heads"], config["num_hidden_layers"]
        self.width, self.epsilon = config["hidden_size"], config["layer_norm_eps"]

    def dense(self, value, name):
        g = self.graph
        product = g.node("MatMul", value, g.constant(self.weights[f"{name}.weight"].T, f"{name}.weight"))
        return g.node("Add", product, g.constant(self.weights[f"{name}.bias"], f"{name}.bias"))

    def norm(self, value, name):
        g = self.graph
        parts = [g.constant(self.weights[f"{name}.{part}"], f"{name}.{part}") for part in ("weight", "bias")]
        return g.node("LayerNormalization", value, *parts, axis=-1, epsilon=self.epsilon)

    def embed(self):
        g = self.graph
        tables = {name: g.constant(self.weights[f"embeddings.{name}_embeddings.weight"], f"{name}_embeddings") for name in ("word", "position", "token_type")}
        length = g.node("Gather", g.node("Shape", "input_ids"), g.constant(numpy.array(1, numpy.int64)))
        positions = g.node("Range", g.constant(numpy.array(0, numpy.int64)), length, g.constant(numpy.array(1, numpy.int64)))
        words = g.node("Add", g.node("Gather", tables["word"], "input_ids"), g.node("Gather", tables["token_type"], "token_type_ids"))
        return self.norm(g.node("Add", words, g.node("Gather", tables["position"], positions)), "embeddings.LayerNorm")

    def split(self, value, axes):
        g = self.graph
        shape = g.constant(numpy.array([0, 0, self.heads, self.width // self.heads], numpy.int64))
        return g.node("Transpose", g.node("Reshape", value, shape), perm=axes)

    def attend(self, value, name, mask):
        g = self.graph
        query, key, content = (self.dense(value, f"{name}.self.{part}") for part in ("query", "key", "value"))
        scores = g.node("MatMul", self.split(query, [0, 2, 1, 3]), self.split(key, [0, 2, 3, 1]))
        scaled = g.node("Div", scores, g.constant(numpy.array(numpy.sqrt(self.width / self.heads), numpy.float32)))
        chances = g.node("Softmax", g.node("Add", scaled, mask), axis=-1)
        mixed = g.node("Transpose", g.node("MatMul", chances, self.split(content, [0, 2, 1, 3])), perm=[0, 2, 1, 3])
        joined = g.node("Reshape", mixed, g.constant(numpy.array([0, 0, self.width], numpy.int64)))
        return self.norm(g.node("Add", self.dense(joined, f"{name}.output.dense"), value), f"{name}.output.LayerNorm")

    def gelu(self, value):
        g = self.graph
        error = g.node("Erf", g.node("Div", value, g.constant(numpy.array(numpy.sqrt(2), numpy.float32))))
        half = g.node("Mul", value, g.constant(numpy.array(0.5, numpy.float32)))
        return g.node("Mul", half, g.node("Add", error, g.constant(numpy.array(1, numpy.float32))))

    def pool(self, hidden, mask):
        g = self.graph
        weights = g.node("Unsqueeze", mask, g.constant(numpy.array([2], numpy.int64)))
        axis = g.constant(numpy.array([1], numpy.int64))
        total = g.node("ReduceSum", g.node("Mul", hidden, weights), axis, keepdims=0)
        mean = g.node("Div", total, g.node("Clip", g.node("ReduceSum", weights, axis, keepdims=0), g.constant(numpy.array(1e-9, numpy.float32))))
        return g.node("Div", mean, g.node("ReduceL2", mean, axes=[1], keepdims=1), output="sentence_embedding")

    def build(self):
        g = self.graph
        mask = g.node("Cast", "attention_mask", to=TensorProto.FLOAT)
        far = g.node("Mul", g.node("Sub", g.constant(numpy.array(1, numpy.float32)), mask), g.constant(numpy.array(-1e9, numpy.float32)))
        bias = g.node("Unsqueeze", far, g.constant(numpy.array([1, 2], numpy.int64)))
        value = self.embed()
        for index in range(self.layers):
            name = f"encoder.layer.{index}"
            value = self.attend(value, f"{name}.attention", bias)
            grown = self.dense(self.gelu(self.dense(value, f"{name}.intermediate.dense")), f"{name}.output.dense")
            value = self.norm(g.node("Add", grown, value), f"{name}.output.LayerNorm")
        g.node("Identity", value, output="last_hidden_state")
        self.pool(value, mask)
        ids = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in ("input_ids", "attention_mask", "token_type_ids")]
        outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", self.width]),
                   helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", self.width])]
        graph = helper.make_graph(g.nodes, "bert", ids, outputs, g.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
