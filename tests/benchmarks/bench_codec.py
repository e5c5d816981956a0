"""The codec's speed against upstream's, side by side in one run.

Prints medians and ratios (theirs over ours: above 1, ours is faster) and where the time
goes. Run with ``pytest tests/benchmarks/bench_codec.py -s``.
"""

import gc
import io
import json
import statistics
import time
import zlib

import numpy as np
import pybase64
import pytest
from qiskit import qpy
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, SamplerPubResult
from qiskit.primitives.containers.sampler_pub import SamplerPub

from runtime_widgets import codec

upstream = pytest.importorskip("qiskit_ibm_runtime", reason="upstream's client is not installed")
pytestmark = pytest.mark.benchmark

ROUNDS = 11


def their_dumps(obj):
    return json.dumps(obj, cls=upstream.RuntimeEncoder)


def their_loads(text):
    return json.loads(text, cls=upstream.RuntimeDecoder)


def times_ms(*functions, of=statistics.median):
    """Time functions in turns, so that a busy machine slows all alike.

    The garbage of one is collected before the next is timed, and none meanwhile, as
    timeit does it: collections fall on whoever allocates next.
    """
    for function in functions:
        function()
    times = [[] for _ in functions]
    for _ in range(ROUNDS):
        for function, took in zip(functions, times, strict=True):
            gc.collect()
            gc.disable()
            start = time.perf_counter()
            function()
            took.append((time.perf_counter() - start) * 1e3)
            gc.enable()
    return [of(took) for took in times]


def circuits():
    """Ten pubs of 127 qubits and 5,000 gates, a quarter of them parametric."""
    rng = np.random.default_rng(1)
    angles = [Parameter(f"t{index}") for index in range(50)]
    pubs = []
    for _ in range(10):
        circuit = QuantumCircuit(127)
        for kind, qubit in rng.integers((0, 0), (4, 126), size=(5000, 2)).tolist():
            if kind == 0:
                circuit.rz(float(rng.random()), qubit)
            elif kind == 1:
                circuit.sx(qubit)
            elif kind == 2:
                circuit.ecr(qubit, qubit + 1)
            else:
                circuit.rz(angles[(qubit + kind) % 50], qubit)
        circuit.measure_all()
        values = rng.random((20, circuit.num_parameters))
        pubs.append(SamplerPub.coerce((circuit, values, 4096)))
    return {"pubs": pubs, "options": {}, "version": 2, "support_qiskit": True}


def sampled(bits):
    """A result of 10^6 shots from an array of packed bits, (10**6, n_bytes)."""
    data = DataBin(meas=BitArray(bits, bits.shape[1] * 8))
    return PrimitiveResult([SamplerPubResult(data, {"shots": len(bits)})], {"version": 2})


def noisy_ghz():
    """127 qubits, all 0 or all 1, each bit flipped with probability 0.01."""
    rng = np.random.default_rng(2)
    ideal = rng.integers(0, 2, (10**6, 1), dtype=np.uint8) * np.uint8(255)
    flips = np.concatenate(
        [np.packbits(rng.random((10**5, 128)) < 0.01, axis=-1) for _ in range(10)]
    )
    return sampled(ideal ^ flips)


def random_outcomes():
    """127 qubits, every outcome as likely: nothing to compress."""
    return sampled(np.random.default_rng(3).integers(0, 256, (10**6, 16), dtype=np.uint8))


def bell():
    """Two qubits."""
    both = np.random.default_rng(4).integers(0, 2, (10**6, 1), dtype=np.uint8) * np.uint8(3)
    return sampled(both)


CASES = [circuits, noisy_ghz, random_outcomes, bell]


def report(name, *rows):
    print(f"\n{name}")
    for row in rows:
        print("  " + row)


@pytest.mark.parametrize("make", CASES)
def test_against_upstream(make):
    obj = make()
    ours, their = codec.dumps(obj), their_dumps(obj)
    enc, enc_their = times_ms(lambda: codec.dumps(obj), lambda: their_dumps(obj))
    dec, dec_their = times_ms(lambda: codec.loads(their), lambda: their_loads(their))
    dec_own, dec_own_their = times_ms(lambda: codec.loads(ours), lambda: their_loads(ours))
    report(
        f"{make.__name__}: {' '.join(make.__doc__.split()) if make.__doc__ else ''}",
        f"encode        ours {enc:8.1f} ms  theirs {enc_their:8.1f} ms  x{enc_their / enc:.2f}",
        f"decode theirs ours {dec:8.1f} ms  theirs {dec_their:8.1f} ms  x{dec_their / dec:.2f}",
        f"decode ours   ours {dec_own:8.1f} ms  theirs {dec_own_their:8.1f} ms"
        f"  x{dec_own_their / dec_own:.2f}",
        f"size          ours {len(ours):,} B  theirs {len(their):,} B",
    )


def best_ms(*functions):
    return times_ms(*functions, of=min)


def shares(title, total, **stages):
    """Print what each stage takes of a total, and what is left for us: walks, checks, copies.

    The best times, not the medians: differences of small times drown in what else runs.
    """
    rest = total - sum(stages.values())
    rows = [*stages.items(), ("ours", rest)]
    report(
        f"{title}: {total:.1f} ms",
        *(f"{name:12}{took:8.1f} ms {100 * took / total:5.0f} %" for name, took in rows),
    )


def test_where_the_time_goes_in_circuits():
    circuit = circuits()["pubs"][0].circuit
    data = codec.encode(circuit)
    text = json.dumps(data)
    packed = pybase64.b64decode(data["__value__"])
    raw = zlib.decompress(packed)
    dump, deflate, to_text, to_json, encode = best_ms(
        lambda: qpy.dump(circuit, io.BytesIO(), version=17),
        lambda: zlib.compress(raw, 4),
        lambda: pybase64.b64encode_as_string(packed),
        lambda: json.dumps(data),
        lambda: codec.dumps(circuit),
    )
    shares("encode one circuit", encode, qpy=dump, zlib=deflate, base64=to_text, json=to_json)
    load, inflate, from_text, from_json, decode, inspected = best_ms(
        lambda: qpy.load(io.BytesIO(raw)),
        lambda: zlib.decompress(packed),
        lambda: pybase64.b64decode(data["__value__"], validate=True),
        lambda: json.loads(text),
        lambda: codec.loads(text),
        lambda: codec.loads(text, limits=codec.UNTRUSTED_LIMITS),
    )
    shares("decode one circuit", decode, qpy=load, zlib=inflate, base64=from_text, json=from_json)
    report("a stranger's circuit", f"its inspection adds {inspected - decode:.1f} ms")


def test_where_the_time_goes_in_a_result():
    result = noisy_ghz()
    bits = result[0].data.meas.array
    text = codec.dumps(result)
    packed = zlib.compress(bits, 1)
    coded = pybase64.b64encode_as_string(packed)
    parsed = json.loads(text)
    deflate, to_text, to_json, encode = best_ms(
        lambda: zlib.compress(bits, 1),
        lambda: pybase64.b64encode_as_string(packed),
        lambda: json.dumps(parsed),
        lambda: codec.dumps(result),
    )
    shares("encode 10^6 shots", encode, zlib=deflate, base64=to_text, json=to_json)
    inflate, from_text, from_json, decode = best_ms(
        lambda: zlib.decompress(packed),
        lambda: pybase64.b64decode(coded, validate=True),
        lambda: json.loads(text),
        lambda: codec.loads(text),
    )
    shares("decode 10^6 shots", decode, zlib=inflate, base64=from_text, json=from_json)
