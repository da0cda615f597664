"""Models that take and give BF16, and what onnxruntime for Python answers: bf16_reference.py FOLDER. One JSON line of all cases."""
import base64
import ctypes
import json
import os
import sys

import ml_dtypes
import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

BF16 = TensorProto.BFLOAT16
NODE = helper.make_node


def value(name, shape, elem_type=BF16):
    return helper.make_tensor_value_info(name, elem_type, shape)


def branch(name, node):
    return helper.make_graph([node], name, [], [value("t", None)])


def cases():
    weight = numpy_helper.from_array(numpy.random.default_rng(7).standard_normal((4, 4)).astype(ml_dtypes.bfloat16), "w")
    condition = numpy_helper.from_array(numpy.array(True), "c")
    order = numpy_helper.from_array(numpy.array([3, 0, 1, 2]), "order")
    widened = NODE("Cast", ["x"], ["f"], to=TensorProto.FLOAT)
    narrowed = NODE("Cast", ["e"], ["y"], to=BF16)
    yield "moves", [NODE("Transpose", ["x"], ["t"], perm=[1, 0]), NODE("Transpose", ["t"], ["u"], perm=[1, 0]),
                    NODE("Gather", ["u", "order"], ["y"], axis=1)], [order]
    yield "exp", [widened, NODE("Exp", ["f"], ["e"]), narrowed], []
    yield "product", [widened, NODE("Cast", ["w"], ["v"], to=TensorProto.FLOAT), NODE("MatMul", ["f", "v"], ["e"]), narrowed], [weight]
    yield "subgraph", [NODE("If", ["c"], ["y"], then_branch=branch("then", NODE("Identity", ["x"], ["t"])),
                            else_branch=branch("else", NODE("Concat", ["x"], ["t"], axis=0)))], [condition]
    yield "output read inside", [NODE("Identity", ["x"], ["y"]), NODE("Cast", ["y"], ["also"], to=TensorProto.FLOAT)], []
    yield "refused", [NODE("MatMul", ["x", "w"], ["y"])], [weight]


def build(nodes, initializers):
    outputs = [value("y", ["n", 4])] + [value(name, ["n", 4], TensorProto.FLOAT) for node in nodes for name in node.output if name == "also"]
    graph = helper.make_graph(nodes, "g", [value("x", ["n", 4])], outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def sent():
    """FP32 that BF16 has to round: ties both ways, NaN, infinities, the smallest and the largest, and what lies between."""
    bits = numpy.array([0x3F808000, 0x3F818000, 0x3F808001, 0x7FC00000, 0x7F800000, 0xFF800000, 0x00008000, 0x00018000,
                        0x80000000, 0x7F7F0000, 0x00010000, 0x3F800000], numpy.uint32).view(numpy.float32)
    return numpy.concatenate([bits, numpy.random.default_rng(11).standard_normal(500).astype(numpy.float32) * 4]).reshape(-1, 4)


def answer(model, inputs):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    bits = inputs.astype(ml_dtypes.bfloat16).view(numpy.uint16)
    x = onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, BF16)
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", x)
    y = onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(numpy.zeros(inputs.shape, numpy.uint16), BF16)
    binding.bind_ortvalue_output("y", y)
    session.run_with_iobinding(binding)
    given = numpy.ctypeslib.as_array((ctypes.c_uint16 * inputs.size).from_address(y.data_ptr()))
    return (given.astype(numpy.uint32) << 16).view(numpy.float32)


def text(array):
    return base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()


def main(folder):
    lines = []
    inputs = sent()
    for name, nodes, initializers in cases():
        model = build(nodes, initializers)
        path = os.path.join(folder, f"{name}.onnx")
        onnx.save(model, path)
        want = None if name == "refused" else text(answer(model, inputs))
        lines.append({"name": name, "path": path, "shape": inputs.shape, "x": text(inputs), "y": want})
    print(json.dumps(lines))


main(sys.argv[1])
