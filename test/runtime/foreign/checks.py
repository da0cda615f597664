"""Named checks of one foreign client: each prints one JSON line {check, ok, detail, seconds}, and none can hold up the others for long.

A check is a function decorated with @check("name"), the name a literal, since the tests read the names from the source. It raises
AssertionError (or any other error) when the server did not do what the client relies on.
"""
import json
import signal
import time
import traceback

LIMIT_SECONDS = 60
CHECKS = {}
PASSED = set()


def check(name):
    def register(function):
        if name in CHECKS:
            raise ValueError(f'two checks are named "{name}": give one another name')
        CHECKS[name] = function
        return function
    return register


def run_all(*arguments):
    for name, function in CHECKS.items():
        report(name, function, arguments)


def report(name, function, arguments):
    """In the main thread, ended by an alarm: gevent, under Triton's HTTP client, does not move between threads."""
    outcome = {"check": name, "ok": False}
    started = time.monotonic()
    signal.signal(signal.SIGALRM, raise_timeout)
    signal.alarm(LIMIT_SECONDS)
    try:
        outcome.update(ok=True, detail=function(*arguments) or "")
        PASSED.add(name)
    except AssertionError as error:
        outcome.update(ok=False, detail=str(error) or traceback.format_exc(limit=-1))
    except Exception as error:  # whatever a client throws is a finding
        outcome.update(ok=False, detail=f"{type(error).__name__}: {error}")
    finally:
        signal.alarm(0)
    print(json.dumps({**outcome, "seconds": round(time.monotonic() - started, 3)}), flush=True)


def raise_timeout(_signal, _frame):
    raise TimeoutError(f"no end after {LIMIT_SECONDS} s")


def expect(got, want, what="answer"):
    assert got == want, f"{what} is {got!r}, want {want!r}"


def expect_error(call, *words):
    """The text of the error that the call ends with; every word must be in it."""
    try:
        answer = call()
    except Exception as error:
        text = f"{getattr(error, 'status', lambda: '')()} {getattr(error, 'message', lambda: error)()}"
        missing = [word for word in words if word not in text]
        assert not missing, f"the error says {text!r}, without {missing}"
        return text
    raise AssertionError(f"no error, but {answer!r}; want one with {words}")
