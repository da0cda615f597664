"""Python protobuf's reading of ModelInferRequests, or with the argument "responses" of ModelInferResponses: uint32 length (little-endian) and message, again and again, on stdin; a line of JSON each.

The line is what test/wire/canonical.ts makes of the same message, or "protobuf" when the parser refuses the bytes, or "meaning" when the
Open Inference Protocol as Slipway serves it refuses what they say. "entry" stands for a message that the parser takes, but of which it
sets an entry of a map aside because there is an unknown field in the entry: C++ keeps such an entry, and so does Slipway.
"""
import json
import struct
import sys

import numpy
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from tritonclient.grpc import service_pb2

FIELDS = {"BOOL": ("bool_contents", "u1"), "UINT8": ("uint_contents", "u1"), "UINT16": ("uint_contents", "u2"), "UINT32": ("uint_contents", "u4"),
          "UINT64": ("uint64_contents", "u8"), "INT8": ("int_contents", "i1"), "INT16": ("int_contents", "i2"), "INT32": ("int_contents", "i4"),
          "INT64": ("int64_contents", "i8"), "FP32": ("fp32_contents", "f4"), "FP64": ("fp64_contents", "f8"), "BYTES": ("bytes_contents", None),
          "FP16": (None, None)}
SHARED = "shared_memory_region"


class Meaning(Exception):
    pass


class Entry(Exception):
    pass


def require_entries(message, number):
    if any(field.field_number == number and field.wire_type == 2 for field in UnknownFieldSet(message)):
        raise Entry


def read(data):
    request = service_pb2.ModelInferRequest.FromString(data)
    require_entries(request, 4)
    for tensor in request.inputs:
        require_entries(tensor, 4)
    for output in request.outputs:
        require_entries(output, 2)
    request.DiscardUnknownFields()
    raw = list(request.raw_input_contents)
    typed = any(tensor.HasField("contents") for tensor in request.inputs)
    if raw and (typed or len(raw) != sum(SHARED not in tensor.parameters for tensor in request.inputs)):
        raise Meaning
    entries = iter(raw)
    if raw:
        datas = [b"" if SHARED in tensor.parameters else next(entries) for tensor in request.inputs]
    else:
        datas = [b"" if SHARED in tensor.parameters and not tensor.HasField("contents") else convert(tensor) for tensor in request.inputs]
    if any(abs(dimension) > 2 ** 53 - 1 for tensor in request.inputs for dimension in tensor.shape):
        raise Meaning
    inputs = [[tensor.name, tensor.datatype, list(tensor.shape), parameters(tensor), data.hex()] for tensor, data in zip(request.inputs, datas)]
    outputs = [[output.name, parameters(output)] for output in request.outputs]
    return [request.model_name, request.model_version, request.id, typed, parameters(request), inputs, outputs]


def read_response(data):
    response = service_pb2.ModelInferResponse.FromString(data)
    typed = any(tensor.HasField("contents") for tensor in response.outputs)
    datas = list(response.raw_output_contents) or [convert(tensor) for tensor in response.outputs]
    outputs = [[tensor.name, tensor.datatype, list(tensor.shape), parameters(tensor), data.hex()] for tensor, data in zip(response.outputs, datas)]
    return [response.model_name, response.model_version, response.id, typed, parameters(response), outputs, []]


def parameters(message):
    return [[name, value(message.parameters[name])] for name in sorted(message.parameters)]


def value(parameter):
    which = parameter.WhichOneof("parameter_choice")
    if which is None:
        return "none"
    got = getattr(parameter, which)
    if which == "double_param":
        return "d:nan" if got != got else "d:" + struct.pack("<d", got).hex()
    return {"bool_param": "b:" + str(got).lower(), "string_param": f"s:{got}"}.get(which, f"i:{got}")


def convert(tensor):
    if not tensor.HasField("contents"):
        if 0 not in tensor.shape:
            raise Meaning
        return b""
    if tensor.datatype not in FIELDS:
        return b""
    name, kind = FIELDS[tensor.datatype]
    if any(field.name != name for field, _ in tensor.contents.ListFields()):
        raise Meaning
    if name is None:
        raise Meaning
    values = getattr(tensor.contents, name)
    if tensor.datatype == "BYTES":
        return b"".join(struct.pack("<I", len(element)) + element for element in values)
    if kind[0] == "f":
        return packed(tensor.contents)
    if kind in ("u1", "u2", "i1", "i2"):
        limits = numpy.iinfo(kind)
        if any(not limits.min <= element <= limits.max for element in values):
            raise Meaning
    return numpy.array(list(values), dtype="<" + kind).tobytes()


def packed(contents):
    """The one field of packed floats as the parser keeps it: Python's own floats would lose the bits of a NaN."""
    data = contents.SerializeToString()
    at = 1
    while at < len(data) and data[at] >= 0x80:
        at += 1
    return data[at + 1:]


def line(data):
    try:
        return json.dumps((read_response if "responses" in sys.argv else read)(data), ensure_ascii=False, separators=(",", ":"))
    except DecodeError:
        return '"protobuf"'
    except Meaning:
        return '"meaning"'
    except Entry:
        return '"entry"'


sys.stdout.reconfigure(encoding="utf-8", newline="\n")
while header := sys.stdin.buffer.read(4):
    print(line(sys.stdin.buffer.read(struct.unpack("<I", header)[0])))
