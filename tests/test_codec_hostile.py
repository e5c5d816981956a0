"""Payloads that were made to hurt: a named error, bounded memory, and no code run."""

import base64
import io
import json
import pickle
import random
import resource
import struct
import subprocess
import sys
import tracemalloc
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from qiskit import qpy
from qiskit.circuit import (
    AnnotatedOperation,
    ClassicalRegister,
    ControlModifier,
    Parameter,
    ParameterVector,
    QuantumCircuit,
    QuantumRegister,
)
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import (
    MCXGate,
    PauliEvolutionGate,
    QFTGate,
    RYGate,
    SXGate,
    UCRXGate,
    real_amplitudes,
)
from qiskit.quantum_info import SparsePauliOp

from runtime_widgets import codec
from runtime_widgets.codec import Limits
from runtime_widgets.errors import CodecError, IBMRuntimeError

MIB = 1 << 20
STRANGER = codec.UNTRUSTED_LIMITS


def blob(raw, level=9):
    return base64.b64encode(zlib.compress(raw, level)).decode()


def envelope(name, value):
    return {"__type__": name, "__value__": value}


def npy(header, data=b"", version=b"\x01\x00"):
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


def array_of(shape, data=b"", descr="'|u1'"):
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    return envelope("ndarray", blob(npy(header, data)))


@contextmanager
def memory_below(limit_bytes):
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit_bytes, f"{peak / MIB:.0f} MiB were used"


def refused(data, match, **options):
    text = data if isinstance(data, (str, bytes)) else json.dumps(data)
    with pytest.raises(CodecError, match=match) as caught:
        codec.loads(text, **options)
    assert isinstance(caught.value, IBMRuntimeError)
    # The message is for people: one line of bounded length whatever the payload holds.
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)
    return caught.value


# ---- JSON -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("nul", "not JSON"),
        ("[1] x", "not JSON"),
        ("<html>502</html>", "not JSON"),
        (b"\xff\xfe\xfa", "not JSON"),
        ("[" * 100_000, "nested deeper"),
        ('{"a":' * 100_000, "nested deeper"),
        ("[" * 101 + "]" * 101, "nested deeper"),
        ('{"a": 1, "b": [{"c": 1, "c": 2}]}', "same key twice"),
        ('{"__type__": "complex", "__type__": "set", "__value__": []}', "same key twice"),
        ("[" + "9" * 10_000 + "]", "not JSON"),
        ("[" + "1," * 1_000_001 + "1]", "more than 1,000,000 values"),
        ("[" + "[]," * 600_000 + "[]]", "more than 1,000,000 values"),
        ("[" + "{}," * 600_000 + "{}]", "more than 1,000,000 values"),
    ],
)
def test_text_that_is_no_honest_json_is_refused(text, match):
    limits = Limits(max_items=1_000_000)
    with memory_below(40 * MIB):
        refused(text, match, limits=limits)


def test_text_that_is_too_long_is_not_parsed():
    with memory_below(1 * MIB):
        refused('"' + "x" * 100 + '"', "at most 64 are read", limits=Limits(max_text_bytes=64))


def test_a_parsed_tree_is_counted_too():
    with pytest.raises(CodecError, match=r"at \[1\]: more than 10 values"):
        codec.decode([1, list(range(20))], limits=Limits(max_items=10))


def test_a_gigantic_float_is_infinite_and_nothing_worse():
    assert codec.loads("[1e999, -1e999]") == [float("inf"), float("-inf")]


# ---- Envelopes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ({"__type__": 1, "__value__": 1}, "no text"),
        ({"__type__": None}, "no text"),
        ({"__type__": "complex"}, "without a __value__"),
        (envelope("os.system", "true"), "unknown type 'os.system'"),
        (envelope("x" * 10_000, 1), "unknown type"),
        (envelope("complex", [1]), "not a valid complex"),
        (envelope("complex", ["1", "2"]), "not a valid complex"),
        (envelope("datetime", "yesterday"), "not a valid datetime"),
        (envelope("datetime", 5), "not a valid datetime"),
        (envelope("set", [[1]]), "not a valid set"),
        (envelope("set", "abc"), "list of its members"),
        (envelope("ndarray", {"a": 1}), "base64 text or a list"),
        (envelope("ndarray", [[1], [2, 3]]), "rows differ"),
        (envelope("Parameter", "AAA"), "not base64"),
        (envelope("Parameter", "AAAA"), "cut short"),
        (envelope("Parameter", base64.b64encode(b"\0\1" + b"\0" * 16 + b"\xff").decode()), "utf-8"),
        (envelope("BitArray", {"num_bits": 1}), "without array"),
        (envelope("BitArray", {"array": [1], "num_bits": 1}), "not a valid BitArray"),
        (envelope("BitArray", {"array": [1], "num_bits": "1"}), "no number of bits"),
        (envelope("BitArray", 3), "must be an object"),
        (envelope("DataBin", {"fields": [1]}), "not a valid DataBin"),
        (envelope("DataBin", {"fields": {"shape": 1}}), "Multiple|not a valid|multiple"),
        (envelope("DataBin", {"fields": {}, "shape": [-1]}), "not negative"),
        (envelope("DataBin", {"fields": {"a": envelope("ndarray", [1])}, "shape": [2]}), "DataBin"),
        (envelope("PrimitiveResult", {"pub_results": 3}), "something else than pub results"),
        (envelope("PrimitiveResult", {"pub_results": [3]}), "something else than pub results"),
        (envelope("PrimitiveResult", {"pub_results": [], "metadata": 3}), "metadata must be"),
        (envelope("PubResult", {"data": 3}), "no DataBin"),
        (envelope("PrimitiveResult", {}), "without pub_results"),
        (envelope("BindingsArray", {"data": {"1": [1]}}), "lists of parameter names"),
        (envelope("BindingsArray", {"data": {"[1]": [1]}}), "lists of parameter names"),
        (envelope("ObservablesArray", ["nonsense"]), "not a valid ObservablesArray"),
        (envelope("PauliLindbladMap", {"paulis": [1], "num_qubits": 1}), "PauliLindbladMap"),
        (envelope("settings", {"data": "X"}), "unknown class None"),
        (
            {**envelope("settings", {}), "__module__": "os", "__class__": "system"},
            "unknown class 'system'",
        ),
        ({**envelope("settings", {"nope": 1}), "__class__": "Pauli"}, "not a valid settings"),
        (envelope("ExecutionSpans", {"spans": [1]}), "something else than spans"),
        (envelope("ExecutionSpan", {"start": 1, "stop": 2, "data_slices": {}}), "no datetimes"),
    ],
)
@pytest.mark.parametrize("keep_unknown", [False, True])
def test_envelopes_that_do_not_hold_what_they_say_are_refused(data, match, keep_unknown):
    if keep_unknown and "unknown type" in match:
        assert isinstance(codec.decode(data, keep_unknown=True), codec.Opaque)
        return
    error = refused({"params": {"pubs": [[0, data]]}}, match, keep_unknown=keep_unknown)
    assert "at params.pubs[0][1]" in str(error)


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ([[2], 0], "a list of 3"),
        (["2", 0, 1], "a list of 3"),
        ([[-2], 0, 1], "numbers of elements"),
        ([[2], "a", 1], "numbers of elements"),
        ([[10**6, 10**6], 0, 1], "more than"),
        ("abc", "a list of 3"),
    ],
)
def test_data_slices_that_make_no_sense_are_refused(row, match):
    when = envelope("datetime", "2026-01-01T00:00:00Z")
    span = {"start": when, "stop": when, "data_slices": {"0": row}}
    refused(envelope("ExecutionSpan", span), match)


def test_what_a_message_quotes_is_shortened():
    refused({"a\n" * 5000: envelope("nope", 1)}, "unknown type")


# ---- Blobs and arrays -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ndarray", "QuantumCircuit"])
@pytest.mark.parametrize(
    ("value", "match"),
    [
        ("*not base64*", "not base64"),
        ("AAA", "not base64"),
        ("é" * 8, "not base64"),
        ("", "cut short|header"),
        (base64.b64encode(b"no zlib").decode(), "not a zlib stream"),
        (base64.b64encode(zlib.compress(b"x" * 500)[:-6]).decode(), "cut short|header"),
    ],
)
def test_blobs_that_are_not_what_they_say_are_refused(kind, value, match):
    refused(envelope(kind, value), match)


def bomb(head, size):
    """A zlib stream of `head` and `size` zeros, made without holding them."""
    stream = zlib.compressobj(9)
    parts = [stream.compress(head)]
    parts += [stream.compress(bytes(MIB)) for _ in range(size // MIB)]
    return base64.b64encode(b"".join([*parts, stream.flush()])).decode()


def test_a_bomb_costs_no_more_than_the_limit():
    limits = Limits(max_bytes=8 * MIB)
    circuit = envelope("QuantumCircuit", bomb(b"QISKIT\x11", 128 * MIB))
    with memory_below(40 * MIB):
        refused(circuit, "more than 8,388,608 bytes", limits=limits)
    honest = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (8,), }")
    with memory_below(8 * MIB):
        refused(envelope("ndarray", bomb(honest, 128 * MIB)), "longer than it says")
    with memory_below(8 * MIB):
        refused(envelope("ndarray", bomb(b"", 128 * MIB)), r"\.npy header")


def test_many_small_blobs_share_one_limit():
    part = codec.encode(np.zeros(MIB, dtype=np.uint8))
    limits = Limits(max_bytes=4 * MIB)
    assert len(codec.decode([part] * 3, limits=limits)) == 3
    with pytest.raises(CodecError, match=r"at \[3\]: more than 4,194,304 bytes"):
        codec.decode([part] * 5, limits=limits)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (array_of("(1000000000000,)"), "elements"),
        (array_of("(100000000,)", descr="'<f8'"), "compressed ones"),
        (array_of("(0, 99999999999999999999)"), "not a valid|elements|header"),
        (array_of("(-1,)"), "shape"),
        (array_of("(2,)", b"\0"), "that holds"),
        (array_of("(2,)", b"\0\0\0"), "longer than it says"),
        (array_of("(2.5,)"), "header"),
        (array_of("('a',)"), "header"),
        (array_of("(True,)", b"\0"), "not a valid|header"),
        (array_of("(1,)", b"\0" * 8, descr="'|O'"), "never unpickled"),
        (array_of("(1,)", b"\0" * 8, descr="[('a', '|O')]"), "never unpickled"),
        (array_of("(1,)", b"\0", descr="'nonsense'"), "header"),
        (array_of("(1,)", b"\0", descr="__import__('os').system('true')"), "header"),
        (array_of("(1,)", descr="'|S1000000000000'"), "header|more than"),
        (array_of("(" + "1," * 70 + ")", b"\0"), "not a valid|dimension"),
        (envelope("ndarray", blob(b"\x93NUMPY\x09\x00aa")), r"format|header"),
        (envelope("ndarray", blob(b"")), "header"),
        (envelope("ndarray", blob(npy("(" * 9000))), "header|TokenError"),
        (envelope("ndarray", blob(npy("{" * 200 + "}" * 200))), "header"),
    ],
)
def test_arrays_whose_headers_lie_are_refused_before_anything_is_allocated(data, match):
    with memory_below(4 * MIB):
        refused(data, match)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a payload was unpickled",))


def test_a_pickle_in_an_array_is_never_loaded():
    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap(), None], dtype=object), allow_pickle=True)
    refused(envelope("ndarray", blob(buffer.getvalue())), "never unpickled")
    refused(envelope("ndarray", blob(pickle.dumps(Trap()))), "header")
    refused(envelope("QuantumCircuit", blob(pickle.dumps(Trap()))), "not QPY")
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(2))
    refused(envelope("ndarray", blob(buffer.getvalue())), "header")


# ---- Circuits -------------------------------------------------------------------------------


def every_kind_of_instruction():
    vector, plain = ParameterVector("v", 5), Parameter("z")
    circuit = QuantumCircuit(QuantumRegister(5, "q"), ClassicalRegister(3, "c"))
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XX", "ZZ"]), time=vector[0]), [0, 1])
    circuit.append(MCXGate(3, ctrl_state=2), [0, 1, 2, 3])
    circuit.mcp(vector[1] * 2 + vector[2], [0, 1], 2)
    circuit.append(QFTGate(3), [0, 1, 2])
    circuit.initialize("01", [0, 1])
    circuit.prepare_state([1, 0], [1])
    circuit.append(AnnotatedOperation(SXGate(), [ControlModifier(1)]), [0, 1])
    circuit.append(RYGate(vector[3]).control(2, ctrl_state=1, annotated=False), [0, 1, 2])
    circuit.delay(0.5, 0, "us")
    circuit.barrier()
    circuit.append(UCRXGate([0.1, 0.2]), [0, 1])
    circuit.rx((vector[4].sin() + vector[0]).assign(vector[0], plain), 0)
    inner = QuantumCircuit(2, name="my gate")
    inner.compose(real_amplitudes(2, reps=1), inplace=True)
    circuit.append(inner.to_gate().control(1, annotated=False), [0, 1, 2])
    circuit.unitary(np.eye(2), [0])
    return circuit


def every_kind_of_block():
    bits = ClassicalRegister(3, "c")
    circuit = QuantumCircuit(QuantumRegister(2, "q"), bits)
    number = circuit.add_input("number", types.Uint(8))
    circuit.store(circuit.add_var("flag", False), True)
    with circuit.if_test(expr.logic_and(expr.less(number, 3), bits[0])) as otherwise:
        circuit.x(0)
    with otherwise:
        circuit.y(0)
    with circuit.if_test((bits, 2)):
        circuit.h(1)
    with circuit.switch(bits) as case:
        with case(1, 2):
            circuit.x(0)
        with case(case.DEFAULT):
            circuit.y(0)
    with circuit.while_loop((bits[0], 1)):
        circuit.x(0)
        circuit.break_loop()
    with circuit.for_loop(range(3)):
        circuit.sx(1)
    with circuit.box():
        circuit.x(0)
    return circuit


def routed():
    from qiskit.transpiler import CouplingMap, generate_preset_pass_manager

    manager = generate_preset_pass_manager(
        1, coupling_map=CouplingMap.from_line(5), basis_gates=["rz", "sx", "cx"], seed_transpiler=1
    )
    circuit = QuantumCircuit(4)
    circuit.cx(0, 3)
    circuit.cx(1, 3)
    circuit.measure_all()
    return manager.run(circuit)


MAKERS = [every_kind_of_instruction, every_kind_of_block, routed, QuantumCircuit]


def written(circuit, version):
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer, version=version)
    return buffer.getvalue()


@pytest.mark.parametrize("version", sorted({14, 15, 16, 17, qpy.QPY_VERSION}))
@pytest.mark.parametrize("make", MAKERS)
def test_inspection_lets_honest_circuits_pass(make, version):
    circuit = make()
    data = envelope("QuantumCircuit", blob(written(circuit, version)))
    back = codec.decode(data, limits=STRANGER)
    # Not ==: qiskit compares some gates by identity.
    assert back.count_ops() == circuit.count_ops()
    assert back.parameters == circuit.parameters


def claim(version, name, **claims):
    """QPY of a small circuit called `name` whose header claims other counts of bits."""
    raw = bytearray(written(QuantumCircuit(3, 2, name=name), version))
    # The circuit's header, before its name: !HcHIIQIQI
    at = raw.index(name.encode()) - 37
    assert struct.unpack_from("!II", raw, at + 5) == (3, 2)
    struct.pack_into("!II", raw, at + 5, claims.get("qubits", 3), claims.get("clbits", 2))
    return bytes(raw)


@pytest.mark.parametrize("limits", [codec.DEFAULT_LIMITS, STRANGER])
@pytest.mark.parametrize("version", sorted({13, 16, 17, qpy.QPY_VERSION}))
@pytest.mark.parametrize("claims", [{"qubits": 10_000_000}, {"clbits": 4_000_000_000}])
def test_two_hundred_bytes_cannot_claim_millions_of_qubits(claims, version, limits):
    raw = claim(version, "plain", **claims)
    assert len(raw) < 250
    refused(envelope("QuantumCircuit", blob(raw)), "claims", limits=limits)


def block_that_claims(qubits):
    body = QuantumCircuit(3, 2, name="inside")
    circuit = QuantumCircuit(3, 2)
    circuit.if_test((circuit.clbits[0], 1), body, circuit.qubits, circuit.clbits)
    return patched(written(circuit, 15), body, qubits)


def definition_that_claims(qubits):
    body = QuantumCircuit(3, 2, name="inside")
    circuit = QuantumCircuit(3, 2)
    circuit.append(body.to_instruction(), circuit.qubits, circuit.clbits)
    return patched(written(circuit, 17), body, qubits)


def patched(raw, body, qubits):
    raw = bytearray(raw)
    counts = struct.pack("!II", 3, 2)
    for at in range(40, len(raw) - 8):
        if raw[at : at + 8] == counts:
            struct.pack_into("!I", raw, at, qubits)
    return bytes(raw)


@pytest.mark.parametrize("make", [block_that_claims, definition_that_claims])
def test_circuits_inside_circuits_are_inspected(make):
    refused(envelope("QuantumCircuit", blob(make(50_000_000))), "claims", limits=STRANGER)


def renamed(name):
    """QPY in which a gate's class is called otherwise, of the same length."""
    circuit = QuantumCircuit(2)
    circuit.append(QFTGate(2), [0, 1])
    assert len(name) == len("QFTGate")
    return written(circuit, 17).replace(b"QFTGate", name.encode())


@pytest.mark.parametrize("name", ["cos_sin", "library", "MCXGat\n", "random_"])
def test_only_classes_of_instructions_are_called(name):
    refused(envelope("QuantumCircuit", blob(renamed(name))), "qiskit has not", limits=STRANGER)


def test_generators_of_circuits_are_not_called():
    circuit = QuantumCircuit(1)
    circuit.rz(0.5, 0)
    raw = written(circuit, 17).replace(b"\0\6\0\0\0\1", b"\0\x0e\0\0\0\1", 1)
    raw = raw.replace(b"RZGate", b"quantum_volume", 1)
    refused(envelope("QuantumCircuit", blob(raw)), "qiskit has not", limits=STRANGER)


def one_gate(name, params, version=17):
    """QPY of one qubit and one instruction of any class name and parameters."""
    circuit = QuantumCircuit(1, global_phase=1.5)
    circuit.rz(0.25, 0)
    raw = written(circuit, version)
    order = "<d" if version < 18 else "!d"
    old = b"f" + struct.pack("!Q", 8) + struct.pack(order, 0.25)
    assert raw.count(old) == 1
    new = b"".join(kind + struct.pack("!Q", len(data)) + data for kind, data in params)
    head = struct.pack("!HHHII", 6, 0, 1, 1, 0)
    assert raw.count(head) == 1
    raw = raw.replace(head, struct.pack("!HHHII", len(name), 0, len(params), 1, 0))
    return raw.replace(b"RZGate", name).replace(old, new)


@pytest.mark.parametrize(
    ("name", "params", "match"),
    [
        # 2**70 inputs, evaluated one by one.
        (
            b"PhaseOracleGate",
            [(b"s", b" & ".join(b"x%d" % i for i in range(70)))],
            "made from text",
        ),
        (b"MCXGate", [(b"i", struct.pack("<q", 10**12))], "claims 1,000,000,000,000 bits"),
        (b"XGate", [(b"m", struct.pack("!cIId", b"c", 2**31, 0, 0))], "claims 2,147,483,648 bits"),
        (
            b"RZGate",
            [(b"v", struct.pack("!HQ16sQ", 1, 10**10, b"\0" * 16, 0) + b"v")],
            "claims 10,000,000,000 bits",
        ),
    ],
)
def test_parameters_that_cost_more_than_they_weigh_are_refused(name, params, match):
    data = envelope("QuantumCircuit", blob(one_gate(name, params)))
    refused(data, match, limits=STRANGER)


def test_tuples_in_tuples_end_somewhere():
    nested = struct.pack("!Q", 0)
    for _ in range(30):
        nested = struct.pack("!Q", 1) + b"t" + struct.pack("!Q", len(nested)) + nested
    data = envelope("QuantumCircuit", blob(one_gate(b"RZGate", [(b"t", nested)])))
    refused(data, "nested deeper than 20", limits=STRANGER)


@pytest.mark.skipif(qpy.QPY_VERSION < 18, reason="QPY 18 names each vector once")
def test_vectors_in_a_table_of_their_own_are_counted_too():
    vector = ParameterVector("vec", 3)
    circuit = QuantumCircuit(1)
    circuit.rz(vector[0], 0)
    raw = written(circuit, 18)
    size = struct.pack("!HQ", 3, 3)
    assert raw.count(size) == 1
    raw = raw.replace(size, struct.pack("!HQ", 3, 10**10))
    refused(envelope("QuantumCircuit", blob(raw)), "claims 10,000,000,000", limits=STRANGER)


@pytest.mark.parametrize("version", [0, 5, 10, 12])
def test_qpy_from_before_the_cves_is_refused_by_default(version):
    raw = bytearray(written(QuantumCircuit(1), 13))
    raw[6] = version
    refused(envelope("QuantumCircuit", blob(raw)), f"QPY {version}; versions before 13")


def test_newer_qpy_says_what_helps():
    raw = bytearray(written(QuantumCircuit(1), 17))
    raw[6] = 99
    error = refused(envelope("QuantumCircuit", blob(raw)), "QPY 99")
    assert "pip install -U qiskit" in str(error)


@pytest.mark.parametrize("limits", [codec.DEFAULT_LIMITS, STRANGER])
def test_qpy_cut_at_any_byte_is_refused(limits):
    raw = written(every_kind_of_block(), 17)
    for end in range(0, len(raw) - 1, 37):
        refused(envelope("QuantumCircuit", blob(raw[:end], 1)), "decode", limits=limits)


def test_a_file_of_two_circuits_is_not_one():
    raw = written([QuantumCircuit(1), QuantumCircuit(2)], 17)
    refused(envelope("QuantumCircuit", blob(raw)), "2 circuits")


FUZZ = """
import resource, sys
sys.path[:0] = {path!r}
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
import test_codec_hostile as t
print(t.fuzz())
print(t.peak_mib())
"""


def peak_mib():
    """The most memory that this process has used.

    Not by getrusage alone: on Linux its figure outlives exec, so a child's begins at that of the
    process which started it, here pytest after hundreds of tests.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fuzz():
    """Decode thousands of damaged circuits; return how many were read and refused."""
    rng, read, stopped = random.Random(2026), 0, 0
    seeds = [written(make(), version) for make in MAKERS[:3] for version in (15, 17)]
    for _ in range(4000):
        raw = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 3))):
            at = rng.randrange(16, len(raw) - 8)
            raw[at : at + 4] = rng.choice(
                (b"\xff" * 4, b"\0\0\xff\xff", raw[at : at + 3] + rng.randbytes(1), b"")
            )
        try:
            codec.decode(envelope("QuantumCircuit", blob(raw, 1)), limits=STRANGER)
            read += 1
        except CodecError:
            stopped += 1
    return read, stopped


def test_damaged_circuits_end_in_a_codec_error_within_bounded_memory():
    code = FUZZ.format(path=[*sys.path, str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    counts, peak_mib = done.stdout.splitlines()
    assert int(peak_mib) < 700
    read, stopped = map(int, counts.strip("()").split(","))
    assert stopped > read > 0


def test_a_panic_in_compiled_code_is_a_codec_error(monkeypatch):
    panic = type("PanicException", (BaseException,), {})

    def load(_, **options):
        raise panic("index out of bounds")

    monkeypatch.setattr(qpy, "load", load)
    refused(codec.encode(QuantumCircuit(1)), "PanicException: index out of bounds")


def test_an_interrupt_is_none():
    def stop(value, _):
        raise KeyboardInterrupt

    from runtime_widgets.codec import registry

    registry.register(codec.Kind("Stop", (), None, stop))
    try:
        with pytest.raises(KeyboardInterrupt):
            codec.decode(envelope("Stop", 1))
    finally:
        del registry._by_name["Stop"]
