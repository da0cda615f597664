"""What every peer shares: the model behind Python's ONNX Runtime with one thread, and the settings from the environment."""
import json
import os

import numpy as np
import onnxruntime as ort

DTYPES = {"FP32": np.float32, "INT64": np.int64}
INPUTS = json.loads(os.environ["BENCH_INPUTS"])
PORT = int(os.environ["BENCH_PORT"])
SPARE_PORT = int(os.environ["BENCH_SPARE_PORT"])
THIRD_PORT = int(os.environ["BENCH_THIRD_PORT"])
NAME = "bench"


def knob(name: str) -> int:
    return int(os.environ[f"BENCH_{name.upper()}"])


class OnnxModel:
    def __init__(self):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self.session = ort.InferenceSession(os.environ["BENCH_MODEL"], options, providers=["CPUExecutionProvider"])
        self.outputs = [output.name for output in self.session.get_outputs()]

    def run(self, feeds: dict) -> np.ndarray:
        """The first output."""
        return self.session.run(self.outputs[:1], feeds)[0]


def from_bytes(data: bytes) -> np.ndarray:
    """The one input's row of a request: [1, ...]."""
    return np.frombuffer(data, dtype=DTYPES[INPUTS[0]["datatype"]]).reshape(INPUTS[0]["shape"])
