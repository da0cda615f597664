"""BentoML: a service whose API batches. It takes JSON; base64 spares it the parsing of numbers."""
import base64
import typing as t

import bentoml
import numpy as np
from onnx_model import INPUTS, OnnxModel, from_bytes, knob

BATCH = knob("max_batch_size")


@bentoml.service(workers=knob("workers"), traffic={"timeout": 60}, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Bench:
    def __init__(self):
        self.model = OnnxModel()

    @bentoml.api(batchable=BATCH > 1, max_batch_size=max(2, BATCH), max_latency_ms=1000)
    def predict(self, x: t.List[str]) -> t.List[t.List[float]]:
        rows = np.concatenate([from_bytes(base64.b64decode(text)) for text in x])
        return self.model.run({INPUTS[0]["name"]: rows}).reshape(len(x), -1).tolist()
