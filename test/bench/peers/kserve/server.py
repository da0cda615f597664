"""KServe's Python server with a model class around ONNX Runtime; OIP over gRPC, raw bytes in and out."""
from kserve import InferOutput, InferResponse, Model, ModelServer
from kserve.utils.utils import generate_uuid
from onnx_model import NAME, PORT, SPARE_PORT, OnnxModel, knob


class Bench(Model):
    def __init__(self, name):
        super().__init__(name)
        self.model = None  # a session cannot be sent to the worker processes: each makes its own at its first request
        self.ready = True

    def load(self):
        self.model = OnnxModel()
        return True

    def predict(self, payload, headers=None, response_headers=None):
        if self.model is None:
            self.load()
        output = self.model.run({tensor.name: tensor.as_numpy().reshape(tensor.shape) for tensor in payload.inputs})
        tensor = InferOutput(name=self.model.outputs[0], shape=list(output.shape), datatype="FP32")
        tensor.set_data_from_numpy(output, binary_data=True)
        return InferResponse(response_id=payload.id or generate_uuid(), model_name=self.name, infer_outputs=[tensor])


if __name__ == "__main__":
    server = ModelServer(
        http_port=SPARE_PORT,
        grpc_port=PORT,
        workers=knob("workers"),
        max_threads=knob("max_threads"),
        enable_latency_logging=False,
        access_log_format=None,
    )
    server.start([Bench(NAME)])
