"""nvidia-pytriton: Triton's own front end and batcher, the model in Python behind it; OIP over gRPC."""
import logging

import numpy as np
from onnx_model import DTYPES, INPUTS, NAME, PORT, SPARE_PORT, OnnxModel, knob
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

logging.basicConfig(level=logging.ERROR)
model = OnnxModel()


@batch
def infer(**inputs):
    return [model.run(inputs)]


config = TritonConfig(grpc_port=PORT, grpc_address="127.0.0.1", http_port=SPARE_PORT, http_address="127.0.0.1", allow_metrics=False)
with Triton(config=config) as triton:
    triton.bind(
        model_name=NAME,
        infer_func=infer,
        inputs=[Tensor(name=i["name"], dtype=DTYPES[i["datatype"]], shape=tuple(i["shape"][1:])) for i in INPUTS],
        outputs=[Tensor(name=model.outputs[0], dtype=np.float32, shape=tuple(-1 for _ in model.session.get_outputs()[0].shape[1:]))],
        config=ModelConfig(
            max_batch_size=knob("max_batch_size"),
            batcher=DynamicBatcher(max_queue_delay_microseconds=knob("queue_delay_us")),
        ),
        strict=False,
    )
    triton.serve()
