"""Asks a server for every case of a group with tritonclient and compares: compare.py GRPC_ADDRESS REST_ADDRESS
FOLDER GROUP.

One JSON line for each case name and way: over gRPC, over REST with binary tensors, over REST with JSON (but for 16-bit floats, which
JSON does not have).
"""
import os
import sys

import numpy
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import np_to_triton_dtype

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "foreign"))
from checks import report  # noqa: E402
from read_cases import read_cases  # noqa: E402


def make_input(module, name, value, **form):
    tensor = module.InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    if form and value.size == 0:
        tensor._data = []  # numpy's iterator, which the client uses, does not take empty arrays
    else:
        tensor.set_data_from_numpy(value, **form)
    return tensor


def infer(way, clients, case, inputs, **flags):
    module = over_grpc if way == "gRPC" else over_http
    form = {"binary_data": False} if way == "JSON" else {}
    tensors = [make_input(module, name, value, **form) for name, value in inputs.items()]
    outputs = [module.InferRequestedOutput(name, **form) for name in case["wanted"]]
    result = clients[module].infer(case["model"], tensors, outputs=outputs, **flags)
    return {name: result.as_numpy(name) for name in case["wanted"]}


def compare(name, got, want, tolerance):
    """The largest difference, relative to max(1, |want|)."""
    assert got is not None, f"no output {name}"
    if want.size == 0:
        got = numpy.asarray(got).reshape(want.shape) if numpy.asarray(got).size == 0 else got
    assert got.shape == want.shape, f"{name} has shape {got.shape}, want {want.shape}"
    if want.dtype.kind == "U":
        texts = [item.decode() if isinstance(item, bytes) else str(item) for item in got.ravel()]
        assert texts == want.ravel().tolist(), f"{name} has other texts than wanted"
        return 0.0
    if want.dtype.kind != "f":
        assert got.dtype.kind == want.dtype.kind and (got == want).all(), f"{name} is not equal to what is wanted"
        return 0.0
    assert got.dtype.kind == "f", f"{name} is {got.dtype}, want floats"
    if want.size == 0:
        return 0.0
    left, right = got.astype(numpy.float64), want.astype(numpy.float64)
    difference = float((numpy.abs(left - right) / numpy.maximum(1, numpy.abs(right))).max())
    assert difference <= tolerance, f"{name} differs by {difference}, want at most {tolerance}"
    return difference


def run_cases(way, clients, cases):
    carried, largest = {}, 0.0
    for place, case in enumerate(cases):
        flags = {"sequence_id": case["sequence"], "sequence_start": place == 0, "sequence_end": place == len(cases) - 1} if "sequence" in case else {}
        answers = infer(way, clients, case, {**case["inputs"], **carried}, **flags)
        for name, want in case["wanted"].items():
            largest = max(largest, compare(name, answers[name], want, case["tolerance"]))
        carried = {target: answers[source] for source, target in case.get("state", {}).items()}
    return f"{len(cases)} requests by {cases[0]['by']}, largest difference {largest:.2g}"


def main(grpc_address, rest_address, root, group):
    clients = {over_grpc: over_grpc.InferenceServerClient(grpc_address), over_http: over_http.InferenceServerClient(rest_address, network_timeout=50.0)}
    groups = {}
    for case in read_cases(root, group):
        groups.setdefault(case["name"], []).append(case)
    for name, cases in groups.items():
        for way in ("gRPC", "binary", "JSON"):
            if way == "JSON" and any(value.dtype == numpy.float16 for case in cases for value in case["inputs"].values()):
                continue
            report(f"{name}: {way}", run_cases, (way, clients, cases))


main(*sys.argv[1:])
