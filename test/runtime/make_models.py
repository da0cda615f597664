"""Writes the models that the runtime's tests serve: make_models.py FOLDER."""
import os
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

DATATYPES = {
    "BOOL": TensorProto.BOOL, "UINT8": TensorProto.UINT8, "UINT16": TensorProto.UINT16, "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64, "INT8": TensorProto.INT8, "INT16": TensorProto.INT16, "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64, "FP16": TensorProto.FLOAT16, "FP32": TensorProto.FLOAT, "FP64": TensorProto.DOUBLE,
    "BYTES": TensorProto.STRING,
}
OPSET = [helper.make_opsetid("", 17)]


def build(nodes, inputs, outputs, initializers=(), opsets=None):
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    return helper.make_model(graph, opset_imports=opsets or OPSET, ir_version=8)


def identity(elem_type, shape):
    return build([helper.make_node("Identity", ["x"], ["y"])],
                 [helper.make_tensor_value_info("x", elem_type, shape)],
                 [helper.make_tensor_value_info("y", elem_type, shape)])


def save(model, *path):
    target = os.path.join(*path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    onnx.save(model, target)


def floats(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def slow():
    """Sixty products by a 1024 x 1024 matrix: seconds for a thousand rows, a millisecond or so for one."""
    weight = numpy_helper.from_array(numpy.eye(1024, dtype=numpy.float32), "w")
    names = ["x"] + [f"h{i}" for i in range(59)] + ["y"]
    nodes = [helper.make_node("MatMul", [names[i], "w"], [names[i + 1]]) for i in range(60)]
    return build(nodes, [floats("x", ["n", 1024])], [floats("y", ["n", 1024])], [weight])


def sums():
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])]
    return build(nodes, [floats("a", ["n", 2]), floats("b", ["n", 2])], [floats("sum", ["n", 2]), floats("difference", ["n", 2])])


def secret():
    """Fails on inputs beyond the table, and ONNX Runtime's text then quotes the value."""
    table = numpy_helper.from_array(numpy.zeros((4,), numpy.float32), "table")
    return build([helper.make_node("Gather", ["table", "i"], ["y"], name="lookup")],
                 [helper.make_tensor_value_info("i", TensorProto.INT64, ["n"])], [floats("y", ["n"])], [table])


def broken(root):
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(root, "not-onnx.onnx"), "w", encoding="utf8") as file:
        file.write("<html>404 Not Found</html>")
    with open(os.path.join(root, "empty.onnx"), "wb"):
        pass
    save(build([helper.make_node("Neg", ["x"], ["y"], name="minus")],
               [helper.make_tensor_value_info("x", TensorProto.BFLOAT16, ["n"])],
               [helper.make_tensor_value_info("y", TensorProto.BFLOAT16, ["n"])]), root, "bf16.onnx")
    opset = identity(TensorProto.FLOAT, ["n"])
    opset.opset_import[0].version = 99
    save(opset, root, "opset-99.onnx")
    save(build([helper.make_node("Warp", ["x"], ["y"], domain="example.com")], [floats("x", ["n"])], [floats("y", ["n"])],
               opsets=OPSET + [helper.make_opsetid("example.com", 1)]), root, "unknown-op.onnx")
    sequence = helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None)
    save(build([helper.make_node("SequenceConstruct", ["x", "x"], ["y"])], [floats("x", ["n"])], [sequence]), root, "sequence.onnx")
    onnx.save(slow(), os.path.join(root, "external.onnx"), save_as_external_data=True, location="weights.bin", size_threshold=0)
    os.remove(os.path.join(root, "weights.bin"))
    five = numpy_helper.from_array(numpy.array([5], numpy.int64), "five")
    table = numpy_helper.from_array(numpy.zeros((3,), numpy.float32), "table")
    nodes = [helper.make_node("Add", ["x", "five"], ["i"]), helper.make_node("Gather", ["table", "i"], ["y"], name="lookup")]
    save(build(nodes, [helper.make_tensor_value_info("x", TensorProto.INT64, [1])], [floats("y", [1])], [five, table]), root, "warmup.onnx")


def main(root):
    good = os.path.join(root, "good")
    for name, elem_type in DATATYPES.items():
        save(identity(elem_type, ["n", None]), good, f"id_{name}", "1", "model.onnx")
        save(identity(elem_type, []), good, f"scalar_{name}", "1", "model.onnx")
    save(sums(), good, "sums", "2", "model.onnx")
    save(sums(), good, "sums", "10", "model.onnx")
    save(secret(), good, "secret", "1", "model.onnx")
    save(slow(), root, "slow", "slow.onnx")
    broken(os.path.join(root, "bad"))


if __name__ == "__main__":
    main(sys.argv[1])
