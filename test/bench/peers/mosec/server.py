"""mosec: a Rust front that batches, Python workers. Bytes in, bytes out over HTTP/1.1, its cheapest form."""
import sys

import numpy as np
from mosec import Server, Worker
from onnx_model import INPUTS, PORT, OnnxModel, from_bytes, knob

BATCH = knob("max_batch_size")


class Model(Worker):
    def __init__(self):
        self.model = OnnxModel()

    def deserialize(self, data: bytes):
        return from_bytes(data)

    def serialize(self, data) -> bytes:
        return data.tobytes()

    def forward(self, data):
        name = INPUTS[0]["name"]
        if BATCH == 1:
            return self.model.run({name: data})
        outputs = self.model.run({name: np.concatenate(data)})
        return list(outputs)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], "--address", "127.0.0.1", "--port", str(PORT), "--log-level", "error"]
    server = Server()
    server.append_worker(Model, num=knob("workers"), max_batch_size=BATCH, max_wait_time=1)
    server.run()
