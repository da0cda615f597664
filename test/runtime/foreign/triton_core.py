"""What Triton's clients do against any server: triton_core.py gRPC|HTTP ADDRESS."""
import os
import re
import sys
import threading
import time
import urllib.request

import numpy

from checks import PASSED, check, expect, expect_error, run_all
from triton import Triton


@check("is_server_live and is_server_ready")
def live(triton):
    expect((triton.client.is_server_live(), triton.client.is_server_ready()), (True, True))


@check("is_model_ready, by name and version")
def model_ready(triton):
    expect((triton.client.is_model_ready("sums"), triton.client.is_model_ready("sums", "1")), (True, True))
    if triton.way == "gRPC":
        expect_error(lambda: triton.client.is_model_ready("nobody"), "NOT_FOUND")
    else:
        expect(triton.client.is_model_ready("nobody"), False)


@check("get_server_metadata")
def server_metadata(triton):
    metadata = triton.ask("get_server_metadata")
    expect((metadata["name"], bool(metadata["version"])), ("slipway", True))


@check("get_model_metadata")
def model_metadata(triton):
    metadata = triton.ask("get_model_metadata", "sums")
    expect((metadata["name"], metadata["versions"], metadata["platform"]), ("sums", ["1"], "onnxruntime_onnx"))
    expect([(tensor["name"], tensor["datatype"], [int(size) for size in tensor["shape"]]) for tensor in metadata["inputs"]],
           [("a", "FP32", [-1, 2]), ("b", "FP32", [-1, 2])])


@check("get_model_config")
def model_config(triton):
    config = triton.ask("get_model_config", "sums")
    config = config.get("config", config)
    expect((config["name"], config["backend"], [tensor["data_type"] for tensor in config["input"]]), ("sums", "onnxruntime", ["TYPE_FP32"] * 2))


@check("get_inference_statistics counts what was asked")
def statistics(triton):
    def count():
        (stats,) = triton.ask("get_inference_statistics", "sums", "1")["model_stats"]
        return int(stats["inference_stats"]["success"].get("count", 0))
    triton.sums()
    before = count()
    for _ in range(3):
        triton.sums()
    expect(count() - before, 3, "growth of success.count")


@check("get_model_repository_index lists every version")
def index(triton):
    expect(triton.models().get("sums 1"), "READY", "state of sums 1")


@check("infer with two inputs")
def infer(triton):
    expect(triton.sums(), [[11, 22]])


@check("infer asks for one output and a version, and gets its request id back")
def infer_options(triton):
    inputs = [triton.tensor(name, numpy.ones((1, 2), numpy.float32)) for name in "ab"]
    result = triton.client.infer("sums", inputs, model_version="1", outputs=[triton.module.InferRequestedOutput("difference")], request_id="r-7")
    answer = result.get_response(as_json=True) if triton.way == "gRPC" else result.get_response()
    expect((answer["id"], [output["name"] for output in answer["outputs"]]), ("r-7", ["difference"]))


@check("infer with bodies compressed by gzip and by deflate")
def compression(triton):
    for algorithm in ("gzip", "deflate"):
        options = {"compression_algorithm": algorithm} if triton.way == "gRPC" else \
            {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
        expect(triton.sums(**options), [[11, 22]], algorithm)


@check("infer with headers")
def headers(triton):
    expect(triton.sums(headers={"x-tenant": "a"}), [[11, 22]])


@check("infer with strings")
def strings(triton):
    value = numpy.array([["Grüße".encode(), b"", "日本語".encode()]], dtype=object)
    result = triton.client.infer("texts", [triton.tensor("x", value)])
    expect(result.as_numpy("y").tolist(), value.tolist())


@check("infer with parameters of one's own")
def parameters(triton):
    expect(triton.sums(parameters={"tenant": "a", "limit": 3, "isTest": True}), [[11, 22]])


@check("async_infer: sixteen at once, each its own answer")
def asynchronous(triton):
    answers, done = {}, threading.Event()

    def keep(index, result, error):
        answers[index] = error or result.as_numpy("sum").tolist()
        if len(answers) == 16:
            done.set()
    pending = {}
    for index in range(16):
        inputs = [triton.tensor("a", numpy.full((1, 2), index, numpy.float32)), triton.tensor("b", numpy.ones((1, 2), numpy.float32))]
        if triton.way == "gRPC":
            triton.client.async_infer("sums", inputs, lambda result, error, index=index: keep(index, result, error))
        else:
            pending[index] = triton.client.async_infer("sums", inputs)
    for index, handle in pending.items():
        keep(index, handle.get_result(), None)
    assert done.wait(20), f"only {len(answers)} of 16 answers came"
    expect(answers, {index: [[index + 1, index + 1]] for index in range(16)})


@check("classification gives score:index:label")
def classification(triton):
    result = triton.client.infer("labelled", [triton.tensor("x", numpy.array([[0.25, 3, 1.5], [7, 0, 1]], numpy.float32))],
                                 outputs=[triton.module.InferRequestedOutput("scores", class_count=2)])
    rows = [[text.decode().split(":") for text in row] for row in result.as_numpy("scores").reshape(2, 2)]
    expect([[(float(score), int(place), label) for score, place, label in row] for row in rows],
           [[(3.0, 1, "dog"), (1.5, 2, "owl")], [(7.0, 0, "cat"), (1.0, 2, "owl")]])


@check("classification without labels gives score:index")
def unlabelled(triton):
    inputs = [triton.tensor("a", numpy.array([[5, 1]], numpy.float32)), triton.tensor("b", numpy.zeros((1, 2), numpy.float32))]
    result = triton.client.infer("sums", inputs, outputs=[triton.module.InferRequestedOutput("sum", class_count=1)])
    score, place = result.as_numpy("sum").ravel()[0].decode().split(":")
    expect((float(score), int(place)), (5.0, 0))


@check("sequences keep a state each, from start to end")
def sequences(triton):
    def step(sequence, value, **flags):
        tensor = triton.tensor("x", numpy.array([[value]], numpy.float32))
        return triton.client.infer("counter", [tensor], sequence_id=sequence, **flags).as_numpy("y").ravel()[0]
    expect([step(7, 1, sequence_start=True), step(8, 100, sequence_start=True), step(7, 2), step(8, 200), step(7, 3, sequence_end=True)], [1, 100, 3, 300, 6])
    expect(step(7, 5, sequence_start=True, sequence_end=True), 5, "a new sequence with the same id")
    expect_error(lambda: step(7, 1), "sequence")


@check("sequences may have ids that are texts")
def text_sequences(triton):
    def step(value, **flags):
        tensor = triton.tensor("x", numpy.array([[value]], numpy.float32))
        return triton.client.infer("counter", [tensor], sequence_id="camera-3", **flags).as_numpy("y").ravel()[0]
    expect([step(1, sequence_start=True), step(2, sequence_end=True)], [1, 3])


@check("priority 1 overtakes those that wait with priority 2")
def priority(triton):
    """Fifteen requests are there when a more urgent one comes: it is answered before those of them that wait, which without priorities it is not."""
    order, lock = [], threading.Lock()

    def prepare(name, level):  # a client of its own and its bytes, made before anything is timed: neither is quick
        own, rows = Triton(triton.way, triton.address), triton.slow(520)  # more than half of the largest batch: no two run as one

        def call():
            own.client.infer("slow", rows, priority=level)
            with lock:
                order.append(name)
        return threading.Thread(target=call)

    def run(thread):
        started = time.monotonic()
        thread.start()
        thread.join(50)
        return time.monotonic() - started
    low, urgent = [prepare("low", 2) for _ in range(15)], prepare("urgent", 1)
    run(prepare("first", 2))  # takes longer than others: memory and code are new
    one = run(prepare("second", 2))
    for thread in low:
        thread.start()
    time.sleep(one)  # time enough for most of them to come, and for about one to run
    urgent.start()
    for thread in [*low, urgent]:
        thread.join(50)
    assert len(order) == 18, f"only {order} were answered"
    overtaken = len(order) - 1 - order.index("urgent")
    assert overtaken >= 2, f"urgent overtook {overtaken} of those that waited, want at least two: {order}"
    return f"overtook {overtaken} of 15"


@check("the timeout parameter ends a request that waits")
def timeout(triton):
    """In microseconds, for the time in the queue."""
    blocking = [threading.Thread(target=lambda: Triton(triton.way, triton.address).client.infer("slow", triton.slow(520))) for _ in range(3)]
    for thread in blocking:
        thread.start()
    time.sleep(0.2)
    started = time.monotonic()
    text = expect_error(lambda: triton.client.infer("slow", triton.slow(1), timeout=20_000), "")
    seconds = time.monotonic() - started
    for thread in blocking:
        thread.join(50)
    assert "DEADLINE_EXCEEDED" in text or "504" in text, f"the error says {text!r}, without DEADLINE_EXCEEDED or 504"
    assert seconds < 1, f"the error came after {seconds} s, want less than 1"


@check("a client that hangs up frees its place")
def cancel(triton):
    """Ten requests that nobody waits for must not be computed: one that comes after them is answered soon."""
    if triton.way != "gRPC":
        return "over HTTP the client cannot hang up"
    started = time.monotonic()
    triton.client.infer("slow", triton.slow(520))
    one = time.monotonic() - started
    calls = [triton.client.async_infer("slow", triton.slow(520), lambda result, error: None) for _ in range(10)]
    time.sleep(0.3)
    for call in calls:
        call.cancel()
    started = time.monotonic()
    triton.client.infer("slow", triton.slow(1))
    seconds = time.monotonic() - started
    assert seconds < 5 * one, f"an answer took {seconds} s behind ten requests that were cancelled, and one of them takes {one} s"
    return f"answered after {seconds:.2f} s, where one takes {one:.2f} s"


ADMIN = {
    "load_model": ("sums",), "unload_model": ("sums",), "get_trace_settings": (), "update_trace_settings": (), "get_log_settings": (),
    "update_log_settings": ({"log_verbose_level": 1},), "get_system_shared_memory_status": (), "unregister_system_shared_memory": (),
    "register_system_shared_memory": ("r", "/r", 8),
}


@check("administration is off by default, and the refusal says how to switch it on")
def administration_is_off(triton):
    for method, arguments in ADMIN.items():
        text = expect_error(lambda: getattr(triton.client, method)(*arguments), "--admin")
        assert "UNIMPLEMENTED" in text or "501" in text, f"{method} says {text!r}"
    expect(triton.sums(), [[11, 22]], "infer afterwards")


@check("CUDA shared memory: none is there, removing all is fine, registering is refused")
def cuda(triton):
    status = triton.ask("get_cuda_shared_memory_status")
    expect(status.get("regions", {}) if isinstance(status, dict) else status, {} if isinstance(status, dict) else [], "regions")
    triton.client.unregister_cuda_shared_memory()
    text = expect_error(lambda: triton.client.register_cuda_shared_memory("r", b"handle==", 0, 64), "")
    assert "UNIMPLEMENTED" in text or "501" in text, f"registering says {text!r}"


PROVED_BY = {
    "binary_tensor_data": "infer with two inputs",
    "classification": "classification without labels gives score:index",
    "model_configuration": "get_model_config",
    "parameters": "infer with parameters of one's own",
    "schedule_policy": "priority 1 overtakes those that wait with priority 2",
    "sequence": "sequences keep a state each, from start to end",
    "statistics": "get_inference_statistics counts what was asked",
}
ADMINISTRATIVE = {"model_repository", "model_repository(unload_dependents)", "system_shared_memory", "trace", "logging"}


@check("the list of extensions is exactly what works")
def extensions(triton):
    listed = set(triton.ask("get_server_metadata")["extensions"])
    expect(sorted(listed - ADMINISTRATIVE), sorted(name for name, proof in PROVED_BY.items() if proof in PASSED), "extensions")
    expect(sorted(listed & ADMINISTRATIVE), [], "extensions of administration, which is off here")


@check("every method of the client is in some check")
def methods(triton):
    folder = os.path.dirname(os.path.abspath(__file__))
    source = "".join(open(os.path.join(folder, name), encoding="utf8").read() for name in sorted(os.listdir(folder)) if name.startswith("triton"))
    public = {name for name in dir(type(triton.client)) if not name.startswith("_")} - {"register_plugin", "unregister_plugin", "plugin"}
    expect(sorted(name for name in public if not re.search(rf"""(\.{name}\(|"{name}")""", source)), [], "methods without a check")


@check("generate_request_body and parse_response_body fit what the server speaks")
def bodies(triton):
    if triton.way != "HTTP":
        return "methods of the HTTP client"
    inputs = [triton.tensor(name, numpy.ones((1, 2), numpy.float32)) for name in "ab"]
    body, json_length = triton.client.generate_request_body(inputs)
    request = urllib.request.Request(f"http://{triton.address}/v2/models/sums/infer", body, {"Inference-Header-Content-Length": str(json_length)})
    with urllib.request.urlopen(request, timeout=20) as answer:
        length = answer.headers.get("Inference-Header-Content-Length")
        result = triton.client.parse_response_body(answer.read(), header_length=int(length) if length else None)
    expect(result.as_numpy("sum").tolist(), [[2, 2]])


@check("close ends the connection, and another client goes on")
def close(triton):
    other = Triton(triton.way, triton.address)
    other.sums()
    other.client.close()
    expect(triton.sums(), [[11, 22]])


run_all(Triton(sys.argv[1], sys.argv[2]))
