"""The codec against the one that the service's own client uses, in both directions."""

import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from qiskit.circuit import Parameter, ParameterVector, QuantumCircuit
from qiskit.primitives import (
    BindingsArray,
    BitArray,
    DataBin,
    PrimitiveResult,
    PubResult,
    SamplerPubResult,
    StatevectorEstimator,
    StatevectorSampler,
)
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.observables_array import ObservablesArray
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import Pauli, PauliLindbladMap, PauliList, SparsePauliOp
from qiskit.transpiler import CouplingMap, generate_preset_pass_manager

from runtime_widgets import codec

upstream = pytest.importorskip("qiskit_ibm_runtime", reason="upstream's client is not installed")
theirs = pytest.importorskip("qiskit_ibm_runtime.execution_span")

UTC = dt.timezone.utc
START = dt.datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)
STOP = START + dt.timedelta(seconds=7)


def their_dumps(obj):
    return json.dumps(obj, cls=upstream.RuntimeEncoder)


def their_loads(text):
    return json.loads(text, cls=upstream.RuntimeDecoder)


def view(obj):
    """Reduce an object to plain values, so that equal content compares equal."""
    if isinstance(obj, np.ndarray) and obj.dtype != object:
        return ("array", obj.dtype.str, obj.shape, obj.tobytes())
    if isinstance(obj, PrimitiveResult):
        return ("result", [view(pub) for pub in obj], view(obj.metadata))
    if isinstance(obj, PubResult):
        # Theirs has a class of its own for estimator results; ours is qiskit's.
        name = "SamplerPubResult" if isinstance(obj, SamplerPubResult) else "PubResult"
        return (name, view(obj.data), view(obj.metadata))
    if isinstance(obj, DataBin):
        return ("bin", obj.shape, [(name, view(value)) for name, value in obj.items()])
    if isinstance(obj, BitArray):
        return ("bits", obj.num_bits, view(obj.array))
    if isinstance(obj, (theirs.ExecutionSpans, codec.ExecutionSpans)):
        return ("spans", [view(span) for span in obj])
    if isinstance(obj, (theirs.ExecutionSpan, codec.ExecutionSpan)):
        masks = [(idx, view(obj.mask(idx))) for idx in obj.pub_idxs]
        return ("span", obj.start, obj.stop, obj.size, obj.duration, masks)
    if isinstance(obj, BindingsArray):
        return ("bindings", obj.shape, [(key, view(value)) for key, value in obj.data.items()])
    if isinstance(obj, ObservablesArray):
        return ("observables", obj.shape, obj.tolist())
    if isinstance(obj, dict):
        return {key: view(value) for key, value in obj.items()}
    if isinstance(obj, (list, tuple, np.ndarray)):
        return [view(item) for item in obj]
    return obj


def body(data):
    """Open the blobs of encoded data, so that compression levels do not differ."""
    import base64
    import zlib

    if isinstance(data, dict):
        value = data.get("__value__")
        if data.get("__type__") in ("ndarray", "QuantumCircuit") and isinstance(value, str):
            raw = zlib.decompress(base64.b64decode(value))
            # QPY lists registers outside the circuit in another order each time.
            return (len(raw), raw[:7]) if data["__type__"] == "QuantumCircuit" else raw
        return {key: body(item) for key, item in data.items()}
    return [body(item) for item in data] if isinstance(data, list) else data


def check(obj):
    """Send an object through all four pairs of encoder and decoder."""
    ours, their = codec.dumps(obj), their_dumps(obj)
    assert body(json.loads(ours)) == body(json.loads(their)), "the wire differs"
    wanted = view(their_loads(their))
    assert view(codec.loads(their)) == wanted, "theirs -> ours"
    assert view(their_loads(ours)) == wanted, "ours -> theirs"
    assert view(codec.loads(ours)) == wanted, "ours -> ours"


# ---- Inputs ---------------------------------------------------------------------------------


def sweep():
    a, vector = Parameter("a"), ParameterVector("v", 2)
    circuit = QuantumCircuit(2, metadata={"tag": "x"})
    circuit.rx(a, 0)
    circuit.ry(vector[0] + 1, 1)
    circuit.rz(vector[1], 1)
    circuit.cx(0, 1)
    return circuit


def measured(circuit, *registers):
    from qiskit.circuit import ClassicalRegister

    out = circuit.copy()
    if not registers:
        out.measure_all()
    for index, name in enumerate(registers):
        register = ClassicalRegister(1, name)
        out.add_register(register)
        out.measure(index, register[0])
    return out


def transpiled():
    backend_map = CouplingMap.from_line(5)
    manager = generate_preset_pass_manager(
        optimization_level=1,
        coupling_map=backend_map,
        basis_gates=["rz", "sx", "x", "cx"],
        seed_transpiler=1,
    )
    return manager.run(measured(sweep()))


def dynamic():
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)) as otherwise:
        circuit.x(1)
    with otherwise:
        circuit.h(1)
    with circuit.for_loop(range(3)):
        circuit.sx(1)
    with circuit.switch(circuit.cregs[0]) as case, case(1):
        circuit.z(0)
    circuit.measure(1, 1)
    return circuit


def custom():
    inner = QuantumCircuit(2, name="my gate")
    inner.h(0)
    inner.cx(0, 1)
    outer = QuantumCircuit(3)
    outer.append(inner.to_gate(), [0, 1])
    outer.append(inner.to_gate().control(1), [0, 1, 2])
    outer.unitary(np.eye(2), [0])
    outer.delay(100, 0, "dt")
    return outer


@pytest.mark.parametrize("make", [sweep, transpiled, dynamic])
def test_circuits(make):
    circuit = make()
    check({"pubs": [[circuit, None, 100]], "options": {}, "version": 2, "support_qiskit": True})
    back = codec.loads(their_dumps(circuit))
    assert back == circuit
    assert back.metadata == circuit.metadata
    assert (back.layout is None) == (circuit.layout is None)


def test_circuits_with_gates_of_their_own():
    # Such gates get a random name each time they are written, so bytes cannot be compared.
    circuit = custom()
    assert codec.loads(their_dumps(circuit)) == circuit
    assert their_loads(codec.dumps(circuit)) == circuit


@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (0,)])
@pytest.mark.parametrize("shots", [None, 10])
def test_sampler_pubs(shape, shots):
    values = np.arange(3.0 * np.prod(shape)).reshape(*shape, 3)
    check([SamplerPub.coerce((measured(sweep()), values, shots))])


@pytest.mark.parametrize(
    "observables",
    [
        "ZZ",
        {"IZ": 0.5, "XX": -2.0},
        SparsePauliOp(["IZ", "YY"], [1, 2]),
        ["ZZ", "XX"],
        [[Pauli("ZZ")], [SparsePauliOp("XX")]],
    ],
)
@pytest.mark.parametrize("precision", [None, 0.01])
def test_estimator_pubs(observables, precision):
    values = np.linspace(0, 1, 6).reshape(2, 3)
    check([EstimatorPub.coerce((sweep(), observables, values, precision))])


def test_parts_of_inputs():
    circuit = sweep()
    check(
        {
            "bindings": BindingsArray({("a", "v[0]"): np.ones((4, 2)), "v[1]": np.zeros(4)}),
            "observables": ObservablesArray([["XX", {"ZZ": 2.0}]]),
            "rates": PauliLindbladMap.from_list([("XIZ", 0.5), ("IYI", 0.25)]),
            "map": CouplingMap([[0, 1], [1, 2]]),
            "parameters": list(circuit.parameters),
            "view": circuit.parameters,
            "numbers": [1 + 2j, np.int64(3), 0.5, float("inf")],
            "set": {3},
            "when": START,
        }
    )


@pytest.mark.parametrize(
    "operator", [SparsePauliOp(["XX", "ZI"], [0.5, 2j]), Pauli("-iXY"), PauliList(["XX", "YZ"])]
)
def test_operators(operator):
    assert codec.loads(their_dumps(operator)) == operator
    assert their_loads(codec.dumps(operator)) == operator
    assert body(json.loads(codec.dumps(operator))) == body(json.loads(their_dumps(operator)))


def test_arrays():
    check(
        [
            np.array(1.5),
            np.zeros((0, 3)),
            np.arange(6, dtype=np.int32).reshape(2, 3),
            np.array([1j, 2]),
            np.array([True, False]),
            np.array(["a", "bc"]),
            np.asfortranarray(np.arange(6.0)),
            np.array([{"Z": 1.0}, {"X": 2.0}], dtype=object),
        ]
    )


# ---- Results --------------------------------------------------------------------------------


def all_spans():
    return theirs.ExecutionSpans(
        [
            theirs.SliceSpan(START, STOP, {0: ((2, 100), slice(0, 150)), 1: ((5,), slice(1, 3))}),
            theirs.DoubleSliceSpan(START, STOP, {1: ((2, 3, 100), slice(1, 4), slice(0, 50))}),
            theirs.TwirledSliceSpan(
                START, STOP, {2: ((4, 3, 25), True, slice(1, 5), slice(0, 25))}
            ),
            theirs.TwirledSliceSpan(
                START, STOP, {2: ((3, 4, 25), False, slice(1, 5), slice(0, 25))}
            ),
            theirs.TwirledSliceSpanV2(
                START, STOP, {3: ((3, 4, 25), False, slice(0, 12), slice(0, 25), 90)}
            ),
            theirs.TwirledSliceSpanV2(
                START, STOP, {3: ((4, 2, 3, 5), True, slice(2, 20), slice(1, 5), 18)}
            ),
        ]
    )


def test_execution_spans():
    text = their_dumps({"execution_spans": all_spans()})
    ours = codec.loads(text)
    assert view(ours) == view(their_loads(text))
    # And written by us, they are read by them as they were.
    assert their_loads(codec.dumps(ours))["execution_spans"] == all_spans()
    assert json.loads(codec.dumps(ours)) == json.loads(text)


def test_execution_spans_answer_alike():
    their = all_spans()
    ours = codec.loads(their_dumps(their))
    assert (ours.start, ours.stop, ours.duration) == (their.start, their.stop, their.duration)
    assert ours.pub_idxs == their.pub_idxs
    assert view(ours.filter_by_pub([0, 2])) == view(their.filter_by_pub([0, 2]))
    assert view(ours[1:3]) == view(their[1:3])
    assert [s.contains_pub(2) for s in ours] == [s.contains_pub(2) for s in their]


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
def test_sampler_results(shape):
    values = np.linspace(0, 1, 3 * int(np.prod(shape))).reshape(*shape, 3)
    sampler = StatevectorSampler(seed=7)
    pubs = [
        (measured(sweep()), values, 20),
        (measured(sweep(), "alpha", "beta"), values, 9),
    ]
    result = sampler.run(pubs).result()
    assert list(result[1].data) == ["alpha", "beta"]
    check(result)


def test_sampler_results_wider_than_a_byte():
    rng = np.random.default_rng(1)
    wide = BitArray.from_bool_array(rng.random((2, 5, 127)) < 0.5)
    check(PrimitiveResult([SamplerPubResult(DataBin(meas=wide, shape=(2,)), {})]))


@pytest.mark.parametrize(
    "observables", ["ZZ", ["ZZ", "XX", "YY"], [["ZZ"], ["XX"]], [[["ZZ", "XX", "YY"]]]]
)
def test_estimator_results(observables):
    values = np.linspace(0, 1, 9).reshape(3, 3)
    pub = (sweep(), observables, values)
    check(StatevectorEstimator(seed=7, default_precision=0.1).run([pub, pub]).result())


def test_results_as_the_service_sends_them():
    estimator = pytest.importorskip("qiskit_ibm_runtime.results")
    noise = np.array(["linear", "exponential"])
    evs = DataBin(
        evs=np.array([1.0, np.nan]),
        stds=np.array([np.inf, 0.0]),
        evs_extrapolated=np.ones((2, 2, 3)),
        extrapolator=noise,
        shape=(2,),
    )
    metadata = {
        "version": 2,
        "dynamical_decoupling": {"enable": False},
        "execution": {"execution_spans": all_spans()},
        "nan": float("inf"),
        "nested": [{"when": START, "z": 1j}],
    }
    text = their_dumps(
        PrimitiveResult([estimator.EstimatorPubResult(evs, {"shots": 4096})], metadata)
    )
    ours, their = codec.ResultDecoder.decode(text), their_loads(text)
    assert view(ours) == view(their)
    assert view(their_loads(codec.dumps(ours))) == view(their)
    # Objects of their class are written under its name, though nothing of theirs is imported.
    named = codec.encode(estimator.EstimatorPubResult(evs, {}))
    assert named["__type__"] == "EstimatorPubResult"


keys = st.text(max_size=8).filter(lambda key: key != "__type__")
metadata = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.complex_numbers(allow_nan=False, allow_infinity=False)
    | st.datetimes(timezones=st.just(UTC))
    | hnp.arrays(
        st.sampled_from(["u1", "<i4", "<f8", "<c16", "?", "<U3"]),
        hnp.array_shapes(min_dims=0, min_side=0, max_side=3),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def results(draw):
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, max_side=3))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    pubs = []
    for _ in range(draw(st.integers(0, 2))):
        widths = draw(st.lists(st.integers(1, 17), min_size=1, max_size=3))
        shots = draw(st.integers(1, 5))
        registers = {
            f"c{index}": BitArray.from_bool_array(rng.random((*shape, shots, width)) < 0.5)
            for index, width in enumerate(widths)
        }
        pubs.append(SamplerPubResult(DataBin(**registers, shape=shape), draw(metadata_of)))
        values = DataBin(evs=rng.random(shape), stds=rng.random(shape), shape=shape)
        pubs.append(PubResult(values, draw(metadata_of)))
    return PrimitiveResult(pubs, draw(metadata_of))


metadata_of = st.dictionaries(keys, metadata, max_size=3)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(results())
def test_any_result(result):
    check(result)


def test_what_only_they_know_is_kept():
    text = their_dumps({"timing": np.array([1.0]), "x": 1})
    odd = json.dumps({"a": {"__type__": "NoiseLearnerResult", "__value__": {"data": []}}})
    assert codec.ResultDecoder.decode(odd)["a"].type_name == "NoiseLearnerResult"
    assert codec.dumps(codec.ResultDecoder.decode(odd)) == odd
    assert view(codec.loads(text)) == view(their_loads(text))
