"""Writes the model repository that the checks of foreign clients are about: make_repository.py FOLDER. `next` beside it holds sums as they would be in version 2."""
import os
import sys

from onnx import TensorProto, helper

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from make_models import build, floats, identity, save, slow, sums  # noqa: E402

LABELLED = """
name: "labelled"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]
output [ { name: "scores" data_type: TYPE_FP32 dims: [ 3 ] label_filename: "labels.txt" } ]
"""
COUNTER = """
name: "counter"
max_batch_size: 4
input [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 1 ] } ]
sequence_batching {
  max_sequence_idle_microseconds: 5000000
  state [ {
    input_name: "state_in" output_name: "state_out" data_type: TYPE_FP32 dims: [ 1 ]
    initial_state: { name: "zero" data_type: TYPE_FP32 dims: [ 1 ] zero_data: true }
  } ]
}
"""
SLOW = """
name: "slow"
max_batch_size: 1024
dynamic_batching {
  priority_levels: 2
  default_priority_level: 2
  default_queue_policy { allow_timeout_override: true timeout_action: REJECT }
}
"""


def write(text, *path):
    with open(os.path.join(*path), "w", encoding="utf8") as file:
        file.write(text.lstrip())


def counter():
    """y = state_out = state_in + x."""
    nodes = [helper.make_node("Add", ["x", "state_in"], ["y"]), helper.make_node("Identity", ["y"], ["state_out"])]
    return build(nodes, [floats("x", ["n", 1]), floats("state_in", ["n", 1])], [floats("y", ["n", 1]), floats("state_out", ["n", 1])])


def main(root):
    models = os.path.join(root, "models")
    save(sums(), models, "sums", "1", "model.onnx")
    save(identity(TensorProto.STRING, ["n", None]), models, "texts", "1", "model.onnx")
    save(build([helper.make_node("Identity", ["x"], ["scores"])], [floats("x", ["n", 3])], [floats("scores", ["n", 3])]), models, "labelled", "1", "model.onnx")
    write(LABELLED, models, "labelled", "config.pbtxt")
    write("cat\ndog\nowl\n", models, "labelled", "labels.txt")
    save(counter(), models, "counter", "1", "model.onnx")
    write(COUNTER, models, "counter", "config.pbtxt")
    save(slow(), models, "slow", "1", "model.onnx")
    write(SLOW, models, "slow", "config.pbtxt")
    products = [helper.make_node("Mul", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])]
    save(build(products, [floats("a", ["n", 2]), floats("b", ["n", 2])], [floats("sum", ["n", 2]), floats("difference", ["n", 2])]), root, "next", "model.onnx")


main(sys.argv[1])
