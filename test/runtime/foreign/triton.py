"""Triton's two Python clients behind one face: their methods have the same names, their answers not quite the same form."""
import numpy
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import np_to_triton_dtype


class Triton:
    """`client` is tritonclient's own; `ask` calls one of its methods and gives the answer as JSON would hold it, integers as texts included."""

    def __init__(self, way, address):
        self.way, self.address = way, address
        self.module = over_grpc if way == "gRPC" else over_http
        self.client = self.module.InferenceServerClient(address) if way == "gRPC" else self.module.InferenceServerClient(address, concurrency=8)

    def ask(self, method, *arguments, **options):
        if self.way == "gRPC":
            return getattr(self.client, method)(*arguments, as_json=True, **options)
        return getattr(self.client, method)(*arguments, **options)

    def tensor(self, name, value):
        value = numpy.asarray(value)
        tensor = self.module.InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
        tensor.set_data_from_numpy(value)
        return tensor

    def sums(self, a=((1, 2),), b=((10, 20),), **options):
        """Infers with the model `sums`; the rows of its output `sum`."""
        inputs = [self.tensor(name, numpy.array(value, numpy.float32)) for name, value in (("a", a), ("b", b))]
        return self.client.infer("sums", inputs, **options).as_numpy("sum").tolist()

    def slow(self, rows):
        return [self.tensor("x", numpy.ones((rows, 1024), numpy.float32))]

    def infer_async(self, model, inputs, done, **options):
        """Calls done(error or None) when the answer is there; gRPC by its callback, HTTP by the handle that the client gives."""
        if self.way == "gRPC":
            return self.client.async_infer(model, inputs, lambda result, error: done(error), **options)
        return self.client.async_infer(model, inputs, **options)

    def models(self):
        """The repository index: "name version" → state."""
        index = self.ask("get_model_repository_index")
        return {f"{entry['name']} {entry.get('version', '')}": entry.get("state", "") for entry in (index.get("models", []) if self.way == "gRPC" else index)}
