"""Models that are ONNX's corners: half precision, optional inputs, weights in a second file, what is not a tensor."""
import os

import numpy
from onnx import TensorProto, helper, numpy_helper

from cases import save

OPSETS = [helper.make_opsetid("", 17)]


def export_shapes(root, cases):
    chance = numpy.random.default_rng(11)
    half(root, cases, chance)
    optional(root, cases)
    external(root, cases, chance)
    scalars(root, cases)
    partly(root, cases)


def model(nodes, inputs, outputs, initializers=()):
    return helper.make_model(helper.make_graph(nodes, "g", inputs, outputs, list(initializers)), opset_imports=OPSETS, ir_version=8)


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def half(root, cases, chance):
    """A dense layer whose inputs, weights and outputs are FP16."""
    weight = numpy_helper.from_array(chance.normal(0, 0.3, (16, 4)).astype(numpy.float16), "w")
    save(model([helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Relu", ["h"], ["y"])],
               [value("x", ["n", 16], TensorProto.FLOAT16)], [value("y", ["n", 4], TensorProto.FLOAT16)], [weight]), root, "half/half")
    for rows in (0, 1, 5):
        cases.add_run("FP16", "half/half", {"x": chance.normal(0, 1, (rows, 16)).astype(numpy.float16)}, tolerance=4e-3)


def optional(root, cases):
    """`factor` is an input with a default: a request may leave it out."""
    factor = numpy_helper.from_array(numpy.array([10], numpy.float32), "factor")
    save(model([helper.make_node("Mul", ["x", "factor"], ["y"])], [value("x", ["n", 2]), value("factor", [1])], [value("y", ["n", 2])], [factor]), root, "optional/optional")
    x = numpy.array([[1, 2], [3, 4]], numpy.float32)
    cases.add_run("optional input given", "optional/optional", {"x": x, "factor": numpy.array([3], numpy.float32)})
    cases.add_run("optional input left out", "optional/optional", {"x": x})


def external(root, cases, chance):
    """Weights beside the model in weights.bin."""
    weight = numpy_helper.from_array(chance.normal(0, 1, (64, 64)).astype(numpy.float32), "w")
    save(model([helper.make_node("MatMul", ["x", "w"], ["y"])], [value("x", ["n", 64])], [value("y", ["n", 64])], [weight]), root, "external/external",
         save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert os.path.getsize(os.path.join(root, "external", "external", "1", "weights.bin")) == 64 * 64 * 4
    cases.add_run("external data", "external/external", {"x": chance.normal(0, 1, (3, 64)).astype(numpy.float32)}, tolerance=1e-4)


def scalars(root, cases):
    """Scalars in and out beside a matrix."""
    save(model([helper.make_node("Mul", ["x", "s"], ["y"]), helper.make_node("ReduceSum", ["y"], ["total"], keepdims=0)],
               [value("x", ["n", 2]), value("s", [])], [value("y", ["n", 2]), value("total", [])]), root, "scalars/scalars")
    for rows in (0, 3):
        cases.add_run("scalars", "scalars/scalars", {"x": numpy.arange(rows * 2, dtype=numpy.float32).reshape(rows, 2), "s": numpy.array(2.5, numpy.float32)})


def partly(root, cases):
    """A tensor beside a sequence: the tensor is served, and the sequence is said to be left out."""
    sequence = helper.make_tensor_sequence_value_info("all", TensorProto.FLOAT, None)
    save(model([helper.make_node("SequenceConstruct", ["x", "x"], ["all"]), helper.make_node("Neg", ["x"], ["y"])],
               [value("x", ["n", 2])], [value("y", ["n", 2]), sequence]), root, "partly/partly")
    cases.add_run("a tensor beside a sequence", "partly/partly", {"x": numpy.array([[1, 2]], numpy.float32)}, outputs=["y"])
