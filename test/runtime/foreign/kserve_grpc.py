"""KServe's InferenceGRPCClient and its REST twin: kserve_grpc.py GRPC_ADDRESS REST_ADDRESS. An environment of its own: its descriptors clash with tritonclient's."""
import asyncio
import sys

import grpc
import numpy
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

from checks import check, expect, run_all


def ask(address, call):
    """What `call(client)` gives, or the status code's name."""
    async def run():
        async with InferenceGRPCClient(address) as client:
            try:
                return await call(client)
            except grpc.RpcError as error:
                return error.code().name
    return asyncio.run(run())


def sums(binary=True, model="sums", **options):
    inputs = []
    for name, value in (("a", [[1, 2]]), ("b", [[10, 20]])):
        tensor = InferInput(name=name, shape=[1, 2], datatype="FP32")
        tensor.set_data_from_numpy(numpy.array(value, numpy.float32), binary_data=binary)
        inputs.append(tensor)
    return InferRequest(model_name=model, infer_inputs=inputs, **options)


@check("is_server_live, is_server_ready")
def live(address, _rest):
    expect((ask(address, lambda client: client.is_server_live()), ask(address, lambda client: client.is_server_ready())), (True, True))


@check("is_model_ready, and an error for an unknown model")
def ready(address, _rest):
    expect(ask(address, lambda client: client.is_model_ready("sums")), True)
    expect(ask(address, lambda client: client.is_model_ready("nobody")), "NOT_FOUND")


@check("infer with raw tensors")
def raw(address, _rest):
    response = ask(address, lambda client: client.infer(sums(request_id="r-7")))
    expect((response.id, response.model_name, response.outputs[0].as_numpy().tolist()), ("r-7", "sums", [[11, 22]]))


@check("infer with typed tensors")
def typed(address, _rest):
    response = ask(address, lambda client: client.infer(sums(binary=False)))
    expect(response.outputs[0].as_numpy().tolist(), [[11, 22]])


@check("infer of an unknown model is NOT_FOUND, without a second try")
def unknown(address, _rest):
    expect(ask(address, lambda client: client.infer(sums(model="nobody"))), "NOT_FOUND")


@check("infer with parameters")
def parameters(address, _rest):
    response = ask(address, lambda client: client.infer(sums(parameters={"tenant": "a", "limit": 3, "isTest": True})))
    expect(response.outputs[0].as_numpy().tolist(), [[11, 22]])


@check("REST: health, infer with JSON and with binary tensors")
def rest(_grpc, address):
    async def run(binary):
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        url = f"http://{address}"
        health = (await client.is_server_live(url), await client.is_server_ready(url), await client.is_model_ready(url, "sums"))
        response = await client.infer(url, sums(binary=binary), model_name="sums")
        return (*health, response.outputs[0].as_numpy().tolist())
    for binary in (False, True):
        expect(asyncio.run(run(binary)), (True, True, True, [[11, 22]]), "binary" if binary else "JSON")


run_all(sys.argv[1], sys.argv[2])
