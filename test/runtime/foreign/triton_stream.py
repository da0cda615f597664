"""Triton's bidirectional stream, as its Python client uses it: triton_stream.py gRPC ADDRESS."""
import queue
import sys

import numpy

from checks import check, expect, run_all
from triton import Triton


class Stream:
    """Answers as they come: (result, error)."""

    def __init__(self, triton, **options):
        self.triton, self.answers = triton, queue.Queue()
        triton.client.start_stream(lambda result, error: self.answers.put((result, error)), **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.triton.client.stop_stream()

    def send(self, value, name="sums", **options):
        inputs = [self.triton.tensor("a", numpy.full((1, 2), value, numpy.float32)), self.triton.tensor("b", numpy.ones((1, 2), numpy.float32))]
        self.triton.client.async_stream_infer(name, inputs, **options)

    def next(self):
        try:
            return self.answers.get(timeout=20)
        except queue.Empty:
            raise AssertionError("no answer on the stream within 20 s") from None


@check("a stream answers each request, in order")
def order(triton):
    with Stream(triton) as stream:
        for index in range(50):
            stream.send(index, request_id=str(index))
        answers = [stream.next() for _ in range(50)]
    expect([error for _, error in answers if error is not None], [], "errors")
    expect([(result.get_response().id, result.as_numpy("sum")[0, 0]) for result, _ in answers], [(str(index), index + 1) for index in range(50)])


@check("an error of one request leaves the stream open")
def error_in_between(triton):
    with Stream(triton) as stream:
        stream.send(1, request_id="good")
        stream.send(2, name="nobody", request_id="bad")
        stream.send(3, request_id="good again")
        answers = [stream.next() for _ in range(3)]
    texts = [str(error) if error is not None else result.as_numpy("sum")[0, 0] for result, error in answers]
    expect((texts[0], texts[2]), (2, 4))
    assert "nobody" in str(texts[1]), f"the error is {texts[1]!r}"


@check("enable_empty_final_response marks the last answer")
def final(triton):
    with Stream(triton) as stream:
        stream.send(1, enable_empty_final_response=True)
        result, error = stream.next()
        expect(error, None, "error")
        expect(result.get_response().parameters["triton_final_response"].bool_param, True, "triton_final_response")
        stream.send(2)
        result, _ = stream.next()
        expect("triton_final_response" in result.get_response().parameters, False, "triton_final_response where nobody asked")


@check("compression works on a stream")
def compressed(triton):
    with Stream(triton, compression_algorithm="gzip") as stream:
        stream.send(1)
        result, _ = stream.next()
        expect(result.as_numpy("sum").tolist(), [[2, 2]])


@check("stop_stream with cancel_requests ends at once, and the next stream works")
def cancelled(triton):
    stream = Stream(triton)
    triton.client.async_stream_infer("slow", triton.slow(1000))
    triton.client.stop_stream(cancel_requests=True)
    with Stream(triton) as stream:
        stream.send(5)
        result, error = stream.next()
        expect(error, None, "error")
        expect(result.as_numpy("sum").tolist(), [[6, 6]])


@check("stream_timeout ends a stream that lives too long")
def stream_timeout(triton):
    stream = Stream(triton, stream_timeout=0.5)
    _, error = stream.next()
    triton.client.stop_stream()
    assert error is not None and "Deadline" in str(error), f"the error is {error!r}"


@check("a sequence on a stream keeps its state")
def sequence(triton):
    with Stream(triton) as stream:
        for index, flags in enumerate(({"sequence_start": True}, {}, {"sequence_end": True})):
            triton.client.async_stream_infer("counter", [triton.tensor("x", numpy.array([[index + 1]], numpy.float32))], sequence_id=70, **flags)
        answers = [stream.next() for _ in range(3)]
    expect([str(error) if error is not None else result.as_numpy("y")[0, 0] for result, error in answers], [1, 3, 6])


run_all(Triton(sys.argv[1], sys.argv[2]))
