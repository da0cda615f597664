"""tritonclient and grpcio, for tests that judge the answers themselves: answers_grpc.py COMMAND ADDRESS; prints one JSON value."""
import json
import random
import sys
import threading
import time

import grpc
import numpy
import tritonclient.grpc as triton
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

DATATYPES = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"]
FIELDS = {"BOOL": "bool_contents", "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents",
          "UINT64": "uint64_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents",
          "INT64": "int64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents", "BYTES": "bytes_contents"}
TEXTS = ["", "a", "Grüße", "日本語", "🎉", "x" * 300]
SHAPES = {"scalar": (), "empty": (0, 3), "matrix": (3, 2)}
WIDE = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def sample(datatype, shape):
    count = int(numpy.prod(shape, dtype=numpy.int64))
    if datatype == "BYTES":
        return numpy.array([TEXTS[i % len(TEXTS)].encode() for i in range(count)], dtype=object).reshape(shape)
    kind = numpy.dtype(triton_to_np_dtype(datatype))
    if kind.kind == "b":
        return (numpy.arange(count) % 2 == 0).reshape(shape)
    if kind.kind == "f":
        values = [numpy.nan, numpy.inf, -0.0, numpy.finfo(kind).max, numpy.finfo(kind).tiny, -1.5]
    else:
        values = [numpy.iinfo(kind).min, numpy.iinfo(kind).max, 0, 1, 7, 100]
    return numpy.array([values[i % 6] for i in range(count)], dtype=kind).reshape(shape)


def same(got, want):
    if got is None or got.shape != want.shape:
        return f"shape {None if got is None else got.shape}, want {want.shape}"
    if want.dtype == object:
        return "ok" if [bytes(x) for x in got.ravel()] == list(want.ravel()) else "other strings"
    return "ok" if got.dtype == want.dtype and got.tobytes() == want.tobytes() else "other bits"


def raw(client, model, datatype, want):
    tensor = triton.InferInput("x", list(want.shape), datatype)
    tensor.set_data_from_numpy(want)
    result = client.infer(model, [tensor], request_id="r-7")
    if result.get_response().id != "r-7" or len(result.get_response().raw_output_contents) != 1:
        return "no id, or answered otherwise than raw"
    return same(result.as_numpy("y"), want)


def typed(stub, model, datatype, want):
    request = service_pb2.ModelInferRequest(model_name=model)
    tensor = request.inputs.add(name="x", datatype=datatype, shape=list(want.shape))
    tensor.contents.SetInParent()
    getattr(tensor.contents, FIELDS[datatype]).extend(want.ravel().tolist())
    response = stub.ModelInfer(request)
    if len(response.raw_output_contents) != 0:
        return "answered raw"
    kind = object if datatype == "BYTES" else want.dtype
    values = list(getattr(response.outputs[0].contents, FIELDS[datatype]))
    return same(numpy.array(values, dtype=kind).reshape(list(response.outputs[0].shape)), want)


def attempt(check, *arguments):
    try:
        return check(*arguments)
    except (InferenceServerException, grpc.RpcError) as error:
        return str(error)


def datatypes(address):
    client = triton.InferenceServerClient(address)
    stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address))
    results = {}
    for datatype in DATATYPES:
        for kind, shape in SHAPES.items():
            model = f"{'scalar' if kind == 'scalar' else 'id'}_{datatype}"
            want = numpy.asarray(sample(datatype, shape))
            results[f"{datatype} {kind} raw"] = attempt(raw, client, model, datatype, want)
            if datatype in FIELDS:
                results[f"{datatype} {kind} typed"] = attempt(typed, stub, model, datatype, want)
    return results


def metadata(address):
    client = triton.InferenceServerClient(address)
    return {
        "live": client.is_server_live(), "ready": client.is_server_ready(),
        "server": client.get_server_metadata(as_json=True), "sums": client.get_model_metadata("sums", as_json=True),
        "modelReady": client.is_model_ready("sums"), "versionReady": client.is_model_ready("sums", "2"),
        "unknownReady": client_error(lambda: client.is_model_ready("nobody")),
        "latest": infer_sums(address).model_version, "named": infer_sums(address, version="2").model_version,
    }


def counters(client, name="sums", version="10"):
    """Numbers of one version, as perf_analyzer reads them."""
    (stats,) = client.get_inference_statistics(name, version).model_stats
    parts = {field.name: getattr(stats.inference_stats, field.name) for field in stats.inference_stats.DESCRIPTOR.fields}
    batches = {f"batch {batch.batch_size}": batch.compute_infer for batch in stats.batch_stats}
    return {"last_inference": stats.last_inference, "inference_count": stats.inference_count, "execution_count": stats.execution_count,
            **{f"{key} count": part.count for key, part in {**parts, **batches}.items()},
            **{f"{key} ns": part.ns for key, part in {**parts, **batches}.items()}}


def extensions(address):
    """Triton's extensions: five requests answered and one refused between two looks at the statistics."""
    client = triton.InferenceServerClient(address)
    stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address))
    stub.ModelInfer(good_sums(version="10"))
    before = counters(client)
    for _ in range(5):
        stub.ModelInfer(good_sums(version="10"))
    bad = good_sums(version="10")
    bad.inputs[0].datatype = "FP64"
    refused = attempt(stub.ModelInfer, bad)
    after = counters(client)
    every = [f"{stats.name} {int(stats.version)}" for stats in client.get_inference_statistics().model_stats]
    return {
        "config": client.get_model_config("sums", as_json=True)["config"], "refused": refused,
        "unknownConfig": client_error(lambda: client.get_model_config("nobody")),
        "unknownStatistics": client_error(lambda: client.get_inference_statistics("nobody")),
        "growth": {key: after[key] - before.get(key, 0) for key in after},
        "sinceLast": time.time() - after["last_inference"] / 1000,
        "versions": [stats.version for stats in client.get_inference_statistics("sums").model_stats], "every": every,
        "index": client.get_model_repository_index(as_json=True)["models"],
        "load": client_error(lambda: client.load_model("sums")),
        "memory": client_error(lambda: client.get_system_shared_memory_status()),
    }


def client_error(call):
    try:
        return str(call())
    except InferenceServerException as error:
        return f"{error.status()} {error.message()}"


def infer_sums(address, version=""):
    stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address))
    return stub.ModelInfer(good_sums(version=version))


def good_sums(version=""):
    request = service_pb2.ModelInferRequest(model_name="sums", model_version=version)
    for name in "ab":
        request.inputs.add(name=name, datatype="FP32", shape=[1, 2])
        request.raw_input_contents.append(numpy.array([[1, 2]], numpy.float32).tobytes())
    return request


def bad_requests():
    def edit(change):
        request = good_sums()
        change(request)
        return request

    def swap(request, **fields):
        for key, value in fields.items():
            if key == "shape":
                del request.inputs[0].shape[:]
                request.inputs[0].shape.extend(value)
            else:
                setattr(request.inputs[0], key, value)

    def contents(request):
        request.inputs[0].contents.fp32_contents.extend([1, 2])

    def add_region(request):
        request.inputs[0].parameters["shared_memory_region"].string_param = "r"
        request.inputs[0].parameters["shared_memory_byte_size"].int64_param = 8
        del request.raw_input_contents[0]

    def set_raw(request, value):
        request.raw_input_contents[0] = value

    def wrong_field(request):
        del request.raw_input_contents[:]
        for tensor in request.inputs:
            tensor.contents.fp64_contents.extend([1, 2])

    def drop_raw(request):
        del request.raw_input_contents[:]

    yield "unknown model", edit(lambda r: setattr(r, "model_name", "nobody"))
    yield "unknown version", edit(lambda r: setattr(r, "model_version", "3"))
    yield "wrong name", edit(lambda r: swap(r, name="c"))
    yield "duplicate name", edit(lambda r: swap(r, name="b"))
    yield "missing input", edit(lambda r: (r.inputs.pop(), r.raw_input_contents.pop()))
    yield "wrong datatype", edit(lambda r: swap(r, datatype="FP64"))
    yield "unknown datatype", edit(lambda r: swap(r, datatype="FP8"))
    yield "wrong dimension", edit(lambda r: swap(r, shape=[1, 3]))
    yield "wrong rank", edit(lambda r: swap(r, shape=[2]))
    yield "negative dimension", edit(lambda r: swap(r, shape=[-1, 2]))
    yield "huge dimension", edit(lambda r: swap(r, shape=[2 ** 62, 2]))
    yield "batch sizes", edit(lambda r: (swap(r, shape=[2, 2]), set_raw(r, bytes(16))))
    yield "too few bytes", edit(lambda r: set_raw(r, b"1234"))
    yield "raw and contents", edit(contents)
    yield "raw count", edit(lambda r: r.raw_input_contents.pop())
    yield "no content", edit(drop_raw)
    yield "wrong field", edit(wrong_field)
    yield "unknown output", edit(lambda r: r.outputs.add(name="product"))
    yield "shared memory", edit(add_region)
    yield "over the limit", edit(lambda r: set_raw(r, b"\0" * (64 * 1024 * 1024 + 1)))
    for name, data in (("NUL in a string", b"a\0b"), ("string not UTF-8", b"\xff\xfe")):
        request = service_pb2.ModelInferRequest(model_name="id_BYTES")
        request.inputs.add(name="x", datatype="BYTES", shape=[1, 1])
        request.raw_input_contents.append(len(data).to_bytes(4, "little") + data)
        yield name, request
    request = service_pb2.ModelInferRequest(model_name="id_BYTES")
    request.inputs.add(name="x", datatype="BYTES", shape=[1, 1])
    request.raw_input_contents.append((1000).to_bytes(4, "little") + b"short")
    yield "string cut off", request
    request = service_pb2.ModelInferRequest(model_name="id_INT8")
    tensor = request.inputs.add(name="x", datatype="INT8", shape=[1, 1])
    tensor.contents.int_contents.append(300)
    yield "element out of range", request
    request = service_pb2.ModelInferRequest(model_name="secret")
    request.inputs.add(name="i", datatype="INT64", shape=[1])
    request.raw_input_contents.append((424242).to_bytes(8, "little"))
    yield "failure inside the model", request


def errors(address):
    channel = grpc.insecure_channel(address, options=WIDE)
    lost = []
    channel.subscribe(lambda state: lost.append(state.name) if state != grpc.ChannelConnectivity.READY else None)
    stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
    stub.ModelInfer(good_sums())
    lost.clear()
    results = {}
    for name, request in bad_requests():
        try:
            stub.ModelInfer(request)
            results[name] = "accepted"
        except grpc.RpcError as error:
            results[name] = f"{error.code().name} {error.details()}"
    stub.ModelInfer(good_sums())
    results["connection"] = "kept" if not lost else ",".join(lost)
    return results


def health(address):
    stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(address))
    results = {}
    for service in ("", "sums", "inference.GRPCInferenceService", "nobody"):
        try:
            status = stub.Check(health_pb2.HealthCheckRequest(service=service)).status
            results[service] = health_pb2.HealthCheckResponse.ServingStatus.Name(status)
        except grpc.RpcError as error:
            results[service] = error.code().name
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="nobody"))
    results["watch nobody"] = health_pb2.HealthCheckResponse.ServingStatus.Name(next(iter(watch)).status)
    watch.cancel()
    return results


def rows(count):
    request = service_pb2.ModelInferRequest(model_name="slow")
    request.inputs.add(name="x", datatype="FP32", shape=[count, 1024])
    request.raw_input_contents.append(bytes(4096 * count))
    return request


def deadline(address):
    """Calls that keep every copy of the model busy; behind them some that could only be late."""
    stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address, options=WIDE))
    long = [stub.ModelInfer.future(rows(1024), timeout=60) for _ in range(4)]
    time.sleep(0.1)
    started = time.monotonic()
    calls = [stub.ModelInfer.future(rows(512), timeout=0.1) for _ in range(3)]
    codes = [call.code().name for call in calls]
    seconds = time.monotonic() - started
    live = time.monotonic()
    stub.ServerLive(service_pb2.ServerLiveRequest(), timeout=1)
    live = time.monotonic() - live
    check = time.monotonic()
    health = health_pb2_grpc.HealthStub(grpc.insecure_channel(address))
    status = health.Check(health_pb2.HealthCheckRequest(service="slow"), timeout=1).status
    check = time.monotonic() - check
    busy = time.monotonic()
    for call in long:
        call.result()
    busy = time.monotonic() - busy
    return {"codes": codes, "seconds": seconds, "liveSeconds": live, "checkSeconds": check, "busySeconds": busy,
            "status": health_pb2.HealthCheckResponse.ServingStatus.Name(status)}


def drain(address):
    """Calls without pause from four threads until health says NOT_SERVING and 0.5 s more, as endpoints lag behind."""
    stop = threading.Event()
    counts = {"ok": 0, "failed": []}
    statuses = []

    def call():
        stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]))
        while not stop.is_set():
            try:
                stub.ModelInfer(rows(8), timeout=30)
                counts["ok"] += 1
            except grpc.RpcError as error:
                counts["failed"].append(f"{error.code().name} {error.details()}")

    def long_call():
        options = [("grpc.use_local_subchannel_pool", 1), *WIDE]  # the answer of 6 MiB is beyond the client's default limit
        stub = service_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(address, options=options))
        while not stop.is_set():
            time.sleep(0.01)
        try:
            stub.ModelInfer(rows(1536), timeout=60)
            counts["ok"] += 1
        except grpc.RpcError as error:
            counts["failed"].append(f"long {error.code().name} {error.details()}")

    threads = [threading.Thread(target=call) for _ in range(4)] + [threading.Thread(target=long_call)]
    for thread in threads:
        thread.start()
    stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(address))
    ended = "OK"
    print("watching", file=sys.stderr, flush=True)
    try:
        for reply in stub.Watch(health_pb2.HealthCheckRequest(service="slow")):
            statuses.append(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))
            if reply.status == health_pb2.HealthCheckResponse.NOT_SERVING:
                time.sleep(0.5)
                stop.set()
    except grpc.RpcError as error:
        ended = error.code().name
    stop.set()
    for thread in threads:
        thread.join()
    return {**counts, "statuses": statuses, "watchEnded": ended}


def fuzz(address):
    """Seeded: broken bytes as requests, and whole requests with random shapes, datatypes and lengths. The server must refuse or answer."""
    chance = random.Random(7)
    channel = grpc.insecure_channel(address, options=WIDE)
    send = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer", request_serializer=bytes, response_deserializer=bytes)
    seeds = [good_sums().SerializeToString()] + [random_request(chance).SerializeToString() for _ in range(40)]
    requests = [mutate(chance, chance.choice(seeds)) for _ in range(600)]
    requests += [random_request(chance).SerializeToString() for _ in range(600)]
    requests += [bytes(chance.randrange(256) for _ in range(chance.randrange(200))) for _ in range(100)]
    codes = {}
    for request in requests:
        try:
            send(request, timeout=20)
            code = "OK"
        except grpc.RpcError as error:
            code = error.code().name
        codes[code] = codes.get(code, 0) + 1
    service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer(good_sums())
    return codes


def mutate(chance, data):
    data = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data)) if data else 0
        kind = chance.randrange(3)
        if kind == 0 and data:
            data[at] = chance.randrange(256)
        elif kind == 1:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        else:
            del data[at:at + chance.randrange(1, 9)]
    return bytes(data)


def random_request(chance):
    datatype = chance.choice(DATATYPES)
    request = service_pb2.ModelInferRequest(model_name=f"id_{datatype}")
    shape = [chance.choice([-1, 0, 1, 2, 3, 2 ** 31, 2 ** 53, 2 ** 62]) if chance.random() < 0.3 else chance.randrange(4) for _ in range(chance.choice([1, 2, 2, 2, 3]))]
    tensor = request.inputs.add(name="x", datatype=chance.choice([datatype] * 9 + DATATYPES), shape=shape)
    if chance.random() < 0.3:
        field = chance.choice(list(FIELDS.values()))
        value = {"bytes_contents": b"a", "bool_contents": True}.get(field, 1)
        getattr(tensor.contents, field).extend([value] * chance.randrange(7))
        return request
    count = int(numpy.prod([max(0, min(d, 4)) for d in shape]))
    size = chance.choice([1, 2, 4, 8]) if datatype == "BYTES" else numpy.dtype(triton_to_np_dtype(datatype)).itemsize
    length = max(0, count * size + chance.choice([0, 0, 0, -1, 1, 7]))
    request.raw_input_contents.append(bytes(chance.choice([0, 0, chance.randrange(256)]) for _ in range(length)))
    return request


def failover(addresses):
    """Calls without pause over a channel with both servers behind it, while the test ends the first one."""
    options = [("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}')]
    counts = {"ok": 0, "failed": []}
    until = time.monotonic() + 6

    def call():
        channel = grpc.insecure_channel(f"ipv4:{addresses}", options=[*options, ("grpc.use_local_subchannel_pool", 1)])
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        while time.monotonic() < until:
            try:
                stub.ModelInfer(rows(2), timeout=20)
                counts["ok"] += 1
            except grpc.RpcError as error:
                counts["failed"].append(f"{error.code().name} {error.details()}")

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts


COMMANDS = {"datatypes": datatypes, "metadata": metadata, "extensions": extensions, "errors": errors, "health": health, "deadline": deadline, "drain": drain,
            "fuzz": fuzz, "failover": failover}
if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](sys.argv[2])))
