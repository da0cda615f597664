"""Writes MLServer's settings and starts its own command in this process; OIP over gRPC, adaptive batching of its own."""
import json
import os
import sys
import tempfile

from onnx_model import INPUTS, NAME, PORT, SPARE_PORT, THIRD_PORT, knob

folder = tempfile.mkdtemp(prefix="bench-mlserver-")
os.environ["PYTHONPATH"] = os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")])
settings = {
    "host": "127.0.0.1",
    "http_port": SPARE_PORT,
    "grpc_port": PORT,
    "metrics_port": THIRD_PORT,
    "metrics_dir": folder,
    "grpc_max_message_length": 64 * 1024 * 1024,
    "parallel_workers": knob("parallel_workers"),
    "debug": False,
    "environments_dir": os.path.join(folder, "envs"),
}
model = {
    "name": NAME,
    "implementation": "runtime.Bench",
    "inputs": [{"name": i["name"], "datatype": i["datatype"], "shape": [-1, *i["shape"][1:]]} for i in INPUTS],
    "max_batch_size": knob("max_batch_size"),
    "max_batch_time": 0.001 if knob("max_batch_size") > 0 else 0.0,
}
for name, content in [("settings.json", settings), ("model-settings.json", model)]:
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(content, file)
command = os.path.join(os.path.dirname(sys.executable), "mlserver")
os.execv(command, [command, "start", folder])
