"""Triton's clients for asyncio: triton_asyncio.py GRPC_ADDRESS REST_ADDRESS."""
import asyncio
import sys

import numpy
import tritonclient.grpc.aio as over_grpc
import tritonclient.http.aio as over_http

from checks import check, expect, run_all


def tensors(module, value):
    made = [module.InferInput(name, [1, 2], "FP32") for name in "ab"]
    for tensor, number in zip(made, (value, 1)):
        tensor.set_data_from_numpy(numpy.full((1, 2), number, numpy.float32))
    return made


async def sixteen(module, address):
    async with module.InferenceServerClient(address) as client:
        answers = await asyncio.gather(*(client.infer("sums", tensors(module, index)) for index in range(16)))
    return [int(answer.as_numpy("sum")[0, 0]) for answer in answers]


@check("gRPC: sixteen at once")
def grpc(address, _rest):
    expect(asyncio.run(sixteen(over_grpc, address)), list(range(1, 17)))


@check("HTTP: sixteen at once")
def http(_grpc, address):
    expect(asyncio.run(sixteen(over_http, address)), list(range(1, 17)))


@check("gRPC: stream_infer")
def stream(address, _rest):
    async def run():
        async def requests():
            for index in range(10):
                yield {"model_name": "sums", "inputs": tensors(over_grpc, index), "request_id": str(index)}
        async with over_grpc.InferenceServerClient(address) as client:
            return [(error, int(result.as_numpy("sum")[0, 0])) async for result, error in client.stream_infer(requests())]
    expect(asyncio.run(run()), [(None, index + 1) for index in range(10)])


run_all(sys.argv[1], sys.argv[2])
