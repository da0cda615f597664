"""tritonclient over HTTP, for tests that judge the answers themselves: answers_http.py COMMAND HOST:PORT; prints one JSON value."""
import json
import sys

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from answers_grpc import DATATYPES, SHAPES, sample, same

OUTPUTS = {"binary": [triton.InferRequestedOutput("y")], "json": [triton.InferRequestedOutput("y", binary_data=False)], "default": None}


def attempt(check, *arguments, **options):
    try:
        return check(*arguments, **options)
    except InferenceServerException as error:
        return f"{error.status()} {error.message()}"


def make_input(name, value, datatype, binary):
    tensor = triton.InferInput(name, list(value.shape), datatype)
    if value.size == 0 and not binary:
        tensor._data = []  # numpy's iterator, which the client uses, does not take empty arrays
    else:
        tensor.set_data_from_numpy(value, binary_data=binary)
    return tensor


def round_trip(client, datatype, kind, want, form, **options):
    model = f"{'scalar' if kind == 'scalar' else 'id'}_{datatype}"
    result = client.infer(model, [make_input("x", want, datatype, form != "json")], outputs=OUTPUTS[form], request_id="r-7", **options)
    answer = result.get_response()
    if answer["id"] != "r-7" or ("data" in answer["outputs"][0]) != (form == "json"):
        return "no id, or answered in another form than asked"
    got = numpy.asarray(result.as_numpy("y")).reshape(answer["outputs"][0]["shape"])
    if datatype == "BYTES" and form == "json":  # strings of JSON come as str
        got = numpy.array([text.encode() for text in got.ravel()], dtype=object).reshape(got.shape)
    return same(got, want)


def datatypes(address):
    client = triton.InferenceServerClient(address)
    results = {}
    for datatype in DATATYPES:
        for kind, shape in SHAPES.items():
            want = numpy.asarray(sample(datatype, shape))
            for form in ("binary", "default"):
                results[f"{datatype} {kind} {form}"] = attempt(round_trip, client, datatype, kind, want, form)
            if datatype != "FP16":
                finite = numpy.asarray(numpy.where(numpy.isfinite(want), want, want.dtype.type(-0.0))) if want.dtype.kind == "f" else want
                results[f"{datatype} {kind} json"] = attempt(round_trip, client, datatype, kind, finite, "json")
    for algorithm in ("gzip", "deflate"):
        want = numpy.asarray(sample("INT64", (3, 2)))
        results[algorithm] = attempt(round_trip, client, "INT64", "matrix", want, "binary", request_compression_algorithm=algorithm,
                                     response_compression_algorithm=algorithm)
    return results


def sums(client, name="a", shape=(1, 2), datatype="FP32", model="sums", version="", output="sum", binary=True):
    value = numpy.ones(shape, triton_type(datatype))
    inputs = [make_input(name, value, datatype, binary), make_input("b", numpy.ones((1, 2), numpy.float32), "FP32", binary)]
    result = client.infer(model, inputs, model_version=version, outputs=[triton.InferRequestedOutput(output, binary_data=binary)])
    return f"{result.get_response()['model_version']} {result.as_numpy(output).tolist()}"


def triton_type(datatype):
    return {"FP32": numpy.float32, "FP64": numpy.float64}[datatype]


def not_finite(client, binary_in):
    value = numpy.array([[numpy.nan, 1.0]], dtype=numpy.float32)
    return round_trip(client, "FP32", "matrix", value, "binary" if binary_in else "json")


def infinite_answer(client):
    value = numpy.array([[numpy.inf, 1.0]], dtype=numpy.float32)
    client.infer("id_FP32", [make_input("x", value, "FP32", True)], outputs=OUTPUTS["json"])


def errors(address):
    client = triton.InferenceServerClient(address, network_timeout=60.0)
    return {
        "good": attempt(sums, client), "json": attempt(sums, client, binary=False), "named version": attempt(sums, client, version="2"),
        "unknown model": attempt(sums, client, model="nobody"), "unknown version": attempt(sums, client, version="3"),
        "wrong name": attempt(sums, client, name="c"), "wrong shape": attempt(sums, client, shape=(1, 3)),
        "wrong datatype": attempt(sums, client, datatype="FP64"), "unknown output": attempt(sums, client, output="product"),
        "NaN": attempt(not_finite, client, False), "NaN in binary": attempt(not_finite, client, True),
        "Infinity answered": attempt(infinite_answer, client),
        "over the limit": attempt(sums, client, shape=(16 * 1024 * 1024, 2)),
        "afterwards": attempt(sums, client),
    }


COMMANDS = {"datatypes": datatypes, "errors": errors}
print(json.dumps(COMMANDS[sys.argv[1]](sys.argv[2])))
