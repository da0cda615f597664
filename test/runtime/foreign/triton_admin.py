"""Triton's administration, where the server has it switched on: triton_admin.py gRPC|HTTP ADDRESS FOLDER, whose `models` are served.

Each check looks at what changed, not at whether a call went well.
"""
import json
import os
import shutil
import sys

import numpy
import tritonclient.utils.shared_memory as memory

from checks import check, expect, expect_error, run_all
from triton import Triton

BYTES = 16  # of one tensor of sums with two rows


def regions(triton):
    status = triton.ask("get_system_shared_memory_status")
    return sorted(status.get("regions", {})) if triton.way == "gRPC" else sorted(region["name"] for region in status)


@check("load_model serves the version that was laid beside, unload_model takes the model away")
def load(triton, folder):
    place = os.path.join(folder, "models", "sums", "2")
    os.makedirs(place)
    shutil.copy(os.path.join(folder, "next", "model.onnx"), place)
    try:
        expect(triton.sums(), [[11, 22]], "answer before")
        triton.client.load_model("sums")
        expect(triton.sums(), [[10, 40]], "answer of the latest version")
        triton.client.unload_model("sums")
        expect_error(lambda: triton.sums(), "sums")
        assert "READY" not in {state for name, state in triton.models().items() if name.startswith("sums ")}, triton.models()
    finally:
        shutil.rmtree(place)
        triton.client.load_model("sums")
    expect(triton.sums(), [[11, 22]], "answer after all")
    expect(triton.client.is_model_ready("sums"), True, "readiness after all")


@check("load_model takes a config that overrides")
def load_config(triton, _folder):
    config = {"max_batch_size": 3, "input": [{"name": name, "data_type": "TYPE_FP32", "dims": [2]} for name in "ab"]}
    triton.client.load_model("sums", config=json.dumps(config))
    try:
        answer = triton.ask("get_model_config", "sums")
        expect(int(answer.get("config", answer)["max_batch_size"]), 3, "max_batch_size")
        expect(triton.sums(a=[[1, 2]] * 3, b=[[1, 1]] * 3), [[2, 3]] * 3)
        expect_error(lambda: triton.sums(a=[[1, 2]] * 4, b=[[1, 1]] * 4), "batch-size must be <= 3")
    finally:
        triton.client.load_model("sums")


@check("a version that does not load leaves the old one serving")
def load_broken(triton, folder):
    place = os.path.join(folder, "models", "sums", "9")
    os.makedirs(place)
    try:
        with open(os.path.join(place, "model.onnx"), "w", encoding="utf8") as file:
            file.write("<html>")
        expect_error(lambda: triton.client.load_model("sums"), "sums")
        expect(triton.sums(), [[11, 22]])
    finally:
        shutil.rmtree(place)
        triton.client.load_model("sums")


@check("load_model of a model that is not there names it")
def load_unknown(triton, _folder):
    expect_error(lambda: triton.client.load_model("nobody"), "nobody")


@check("load_model with the model's bytes is refused unless it was allowed")
def load_bytes(triton, folder):
    with open(os.path.join(folder, "next", "model.onnx"), "rb") as file:
        content = file.read()
    files = {"file:1/model.onnx": content}
    expect_error(lambda: triton.client.load_model("sums", config="{}", files=files), "--allow-inline-models")
    expect(triton.sums(), [[11, 22]])


@check("system shared memory: inputs are read from it and outputs written to it")
def shared_memory(triton, _folder):
    into = memory.create_shared_memory_region("in", f"/slipway_in_{os.getpid()}", 2 * BYTES)
    out = memory.create_shared_memory_region("out", f"/slipway_out_{os.getpid()}", BYTES)
    try:
        memory.set_shared_memory_region(into, [numpy.array([[1, 2], [3, 4]], numpy.float32), numpy.array([[10, 20], [30, 40]], numpy.float32)])
        triton.client.register_system_shared_memory("in", f"/slipway_in_{os.getpid()}", 2 * BYTES)
        triton.client.register_system_shared_memory("out", f"/slipway_out_{os.getpid()}", BYTES)
        expect(regions(triton), ["in", "out"], "regions")
        inputs = [triton.module.InferInput(name, [2, 2], "FP32") for name in "ab"]
        for place, tensor in enumerate(inputs):
            tensor.set_shared_memory("in", BYTES, offset=place * BYTES)
        wanted = triton.module.InferRequestedOutput("sum")
        wanted.set_shared_memory("out", BYTES)
        result = triton.client.infer("sums", inputs, outputs=[wanted])
        expect(memory.get_contents_as_numpy(out, numpy.float32, [2, 2]).tolist(), [[11, 22], [33, 44]], "bytes in the region")
        output = result.get_output("sum")
        if triton.way == "gRPC":  # the C++ client reads one entry of raw_output_contents for each output, whatever lies in it
            expect((list(output.shape), [len(content) for content in result.get_response().raw_output_contents]), ([2, 2], [0]), "shape, lengths of raw_output_contents")
        else:
            expect((output["shape"], "data" in output), ([2, 2], False), "shape, data in the message")
        triton.client.unregister_system_shared_memory("in")
        expect(regions(triton), ["out"], "regions after one was unregistered")
        expect_error(lambda: triton.client.infer("sums", inputs), "in")
        triton.client.unregister_system_shared_memory()
        expect(regions(triton), [], "regions after all were unregistered")
    finally:
        memory.destroy_shared_memory_region(into)
        memory.destroy_shared_memory_region(out)


@check("system shared memory: what is not there, too short or elsewhere is refused")
def shared_memory_refused(triton, _folder):
    handle = memory.create_shared_memory_region("short", f"/slipway_short_{os.getpid()}", 8)
    try:
        expect_error(lambda: triton.client.register_system_shared_memory("r", "/slipway_absent", 8), "slipway_absent")
        expect_error(lambda: triton.client.register_system_shared_memory("r", "/../etc/passwd", 8), "/../etc/passwd")
        expect_error(lambda: triton.client.register_system_shared_memory("r", f"/slipway_short_{os.getpid()}", 1 << 20), "short")
        triton.client.register_system_shared_memory("short", f"/slipway_short_{os.getpid()}", 8)
        tensor = triton.module.InferInput("a", [2, 2], "FP32")
        tensor.set_shared_memory("short", BYTES)
        expect_error(lambda: triton.client.infer("sums", [tensor, triton.tensor("b", numpy.ones((2, 2), numpy.float32))]), "short")
    finally:
        triton.client.unregister_system_shared_memory()
        memory.destroy_shared_memory_region(handle)


@check("update_trace_settings: so many requests are traced, then no more")
def trace(triton, _folder):
    def setting(name):
        settings = triton.ask("get_trace_settings", "sums")
        value = settings.get("settings", settings)[name]
        value = value["value"] if isinstance(value, dict) else value
        return value if isinstance(value, list) else [value]
    triton.client.update_trace_settings("sums", settings={"trace_level": ["TIMESTAMPS"], "trace_rate": "1", "trace_count": "3"})
    expect((setting("trace_level"), setting("trace_count")), (["TIMESTAMPS"], ["3"]))
    triton.sums()
    expect(setting("trace_count"), ["2"], "traces left after one request")
    for _ in range(4):
        triton.sums()
    expect(setting("trace_count"), ["0"], "traces left after five requests")
    triton.client.update_trace_settings("sums", settings={"trace_level": None, "trace_rate": None, "trace_count": None})
    expect(setting("trace_level"), ["OFF"], "trace_level of the server")


@check("update_log_settings: what is not known is refused by name")
def log_refused(triton, _folder):
    expect_error(lambda: triton.client.update_log_settings({"log_colour": True}), "log_colour")


@check("update_log_settings: a verbose level logs each request until it is taken back")
def log(triton, _folder):
    """The test looks for the ids in the server's log."""
    def level():
        settings = triton.ask("get_log_settings")
        value = settings.get("settings", settings)["log_verbose_level"]
        return int(value["uint32_param"] if isinstance(value, dict) and "uint32_param" in value else 0 if isinstance(value, dict) else value)
    triton.sums(request_id="quiet-before")
    triton.client.update_log_settings({"log_verbose_level": 1})
    expect(level(), 1, "log_verbose_level")
    triton.sums(request_id=f"verbose-{triton.way}")
    triton.client.update_log_settings({"log_verbose_level": 0})
    expect(level(), 0, "log_verbose_level")
    triton.sums(request_id="quiet-after")


@check("the list of extensions has those of administration")
def extensions(triton, _folder):
    listed = set(triton.ask("get_server_metadata")["extensions"])
    expect(sorted({"model_repository", "system_shared_memory", "trace", "logging"} - listed), [], "extensions that are missing")


run_all(Triton(sys.argv[1], sys.argv[2]), sys.argv[3])
