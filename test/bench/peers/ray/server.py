"""Ray Serve's gRPC proxy with OIP's service, made from this repository's proto; `serve.batch` in the replica."""
import os
import signal
import sys
import tempfile

import grpc_tools
from grpc_tools import protoc

GENERATED = tempfile.mkdtemp(prefix="bench-ray-")
PROTO = os.path.join(os.getcwd(), "..", "..", "..", "..", "proto")
STANDARD = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
files = [name for name in os.listdir(PROTO) if name in ("inference.proto", "model_config.proto")]
if protoc.main(["", f"-I{PROTO}", f"-I{STANDARD}", f"--python_out={GENERATED}", f"--grpc_python_out={GENERATED}", *files]) != 0:
    sys.exit("protoc failed")
sys.path.insert(0, GENERATED)
os.environ["PYTHONPATH"] = os.pathsep.join([GENERATED, os.environ.get("PYTHONPATH", "")])

import numpy as np  # noqa: E402
import ray  # noqa: E402
from onnx_model import DTYPES, NAME, PORT, SPARE_PORT, OnnxModel, knob  # noqa: E402
from ray import serve  # noqa: E402

BATCH = knob("max_batch_size")


@serve.deployment(num_replicas=knob("num_replicas"), max_ongoing_requests=512, ray_actor_options={"num_cpus": 0})
class Bench:
    def __init__(self):
        import inference_pb2

        self.pb = inference_pb2
        self.model = OnnxModel()

    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=0.001)
    async def batched(self, feeds):
        names = feeds[0].keys()
        return list(self.model.run({name: np.concatenate([one[name] for one in feeds]) for name in names}))

    async def ModelInfer(self, request):
        feeds = {
            tensor.name: np.frombuffer(raw, dtype=DTYPES[tensor.datatype]).reshape(list(tensor.shape))
            for tensor, raw in zip(request.inputs, request.raw_input_contents)
        }
        output = self.model.run(feeds) if BATCH == 1 else (await self.batched(feeds))[None]
        tensor = self.pb.ModelInferResponse.InferOutputTensor(name=self.model.outputs[0], datatype="FP32", shape=output.shape)
        return self.pb.ModelInferResponse(model_name=NAME, id=request.id, outputs=[tensor], raw_output_contents=[output.tobytes()])


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR", _node_ip_address="127.0.0.1")
    serve.start(
        http_options={"host": "127.0.0.1", "port": SPARE_PORT},
        grpc_options={"port": PORT, "grpc_servicer_functions": ["inference_pb2_grpc.add_GRPCInferenceServiceServicer_to_server"]},
    )
    serve.run(Bench.bind(), name="bench", route_prefix="/")
    signal.pause()
