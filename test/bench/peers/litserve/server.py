"""LitServe: FastAPI in front of worker processes. It takes JSON; base64 spares it the parsing of numbers."""
import base64

import litserve as ls
import numpy as np
from onnx_model import INPUTS, PORT, OnnxModel, from_bytes, knob

BATCH = knob("max_batch_size")


class Api(ls.LitAPI):
    def setup(self, device):
        self.model = OnnxModel()

    def decode_request(self, request):
        return from_bytes(base64.b64decode(request["x"]))

    def batch(self, inputs):
        return np.concatenate(inputs)

    def predict(self, x):
        return self.model.run({INPUTS[0]["name"]: x})

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return {"y": output.tolist()}


if __name__ == "__main__":
    api = Api(max_batch_size=BATCH, batch_timeout=0.001)
    server = ls.LitServer(api, accelerator="cpu", workers_per_device=knob("workers"), fast_queue=True)
    server.run(host="127.0.0.1", port=PORT, generate_client_file=False, log_level="error", access_log=False)
