"""The codec with itself: what goes in comes out, and what cannot is refused by name."""

import collections
import datetime as dt
import enum
import json
import math
import subprocess
import sys
import types
from typing import NamedTuple

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
)
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.observables_array import ObservablesArray
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import Pauli, PauliLindbladMap, PauliList, SparseObservable, SparsePauliOp
from qiskit.transpiler import CouplingMap

from runtime_widgets import codec
from runtime_widgets.errors import CodecError

UTC = dt.timezone.utc
quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def again(obj, **options):
    """Send an object over the wire and back."""
    return codec.loads(codec.dumps(obj), **options)


def same(a, b):
    """Compare trees that hold arrays and NaN."""
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and a.tobytes() == b.tobytes()
        )
    if isinstance(a, (list, tuple)):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    return type(a) is type(b) and a == b


# ---- Plain values ---------------------------------------------------------------------------

finite = st.floats(allow_nan=False, allow_infinity=False)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text()
    | st.complex_numbers(allow_nan=False)
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.frozensets(st.integers() | st.text()).map(set)
)
arrays = hnp.arrays(
    dtype=hnp.scalar_dtypes().filter(lambda dtype: dtype.kind != "O"),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
keys = st.text().filter(lambda key: key != "__type__")
trees = st.recursive(
    scalars | arrays,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@quick
@given(trees)
def test_any_tree_comes_back_the_same(tree):
    assert same(tree, again(tree))


@quick
@given(trees)
def test_what_is_encoded_is_json_and_encodes_to_itself(tree):
    data = codec.encode(tree)
    assert same(codec.encode(data), data)
    assert same(json.loads(json.dumps(data)), data)


@quick
@given(arrays)
def test_arrays_that_are_not_contiguous_come_back_the_same(array):
    assert same(np.ascontiguousarray(array.T).reshape(array.T.shape), again(array.T))
    every_other = array[..., ::2] if array.ndim else array
    assert same(every_other.copy(), again(every_other))


def test_a_decoded_array_can_be_changed():
    array = again(np.zeros(3))
    array[1] = 5
    assert array.tolist() == [0, 5, 0]


def test_structured_and_empty_string_arrays_survive():
    for array in (np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]), np.array(["", ""])):
        assert same(array, again(array))


def test_numpy_scalars_become_numbers():
    tree = [np.int64(3), np.float32(0.5), np.bool_(True), np.complex64(1j), np.str_("x")]
    assert again(tree) == [3, 0.5, True, 1j, "x"]
    assert again({np.int64(3): 1, 4: 2, True: 3, None: 4}) == {"3": 1, "4": 2, "true": 3, "null": 4}


def test_relatives_of_what_json_knows_are_written_as_that():
    class Level(enum.IntEnum):
        HIGH = 3

    class Name(str):
        __slots__ = ()

    class Pair(NamedTuple):
        a: int
        b: int

    tree = {Name("k"): [Level.HIGH, Name("n"), Pair(1, 2), collections.OrderedDict(x=1)]}
    assert codec.dumps(tree) == '{"k": [3, "n", [1, 2], {"x": 1}]}'
    assert codec.dumps(types.MappingProxyType({"a": 1})) == '{"a": 1}'


def test_an_object_array_travels_as_a_list():
    assert codec.encode(np.array([{"a": 1}, None], dtype=object)) == {
        "__type__": "ndarray",
        "__value__": [{"a": 1}, None],
    }
    circuits = np.empty((2, 1), dtype=object)
    circuits[0, 0], circuits[1, 0] = QuantumCircuit(1), QuantumCircuit(2)
    back = again(circuits)
    assert back.shape == (2, 1)
    assert back[1, 0] == QuantumCircuit(2)


def test_an_extrapolator_in_an_ndarray_envelope_is_its_name():
    data = {"__type__": "ndarray", "__value__": "exponential"}
    assert codec.decode(data) == "exponential"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T01:02:03Z", dt.datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)),
        ("2026-11-23T01:02:03.1234567Z", dt.datetime(2026, 11, 23, 1, 2, 3, 123456, tzinfo=UTC)),
        ("2026-11-23T01:02:03.5+00:00", dt.datetime(2026, 11, 23, 1, 2, 3, 500000, tzinfo=UTC)),
        ("2026-11-23", dt.datetime(2026, 11, 23)),  # noqa: DTZ001 - no zone was sent
    ],
)
def test_times_as_other_languages_write_them(text, expected):
    assert codec.decode({"__type__": "datetime", "__value__": text}) == expected


def test_nan_and_infinity_survive():
    assert codec.dumps([float("nan"), float("-inf")]) == "[NaN, -Infinity]"
    assert same(codec.loads("[NaN, -Infinity]"), [float("nan"), float("-inf")])


# ---- Circuits and operators -----------------------------------------------------------------


def test_circuits_keep_registers_parameters_metadata_and_control_flow():
    theta, vector = Parameter("θ"), ParameterVector("v", 3)
    circuit = QuantumCircuit(3, 2, name="c", metadata={"when": dt.datetime(2026, 1, 1, tzinfo=UTC)})
    circuit.rx(theta + 2 * vector[0], 0)
    circuit.rz(vector[1] * vector[2], 1)
    circuit.measure(0, 0)
    with circuit.if_test((0, True)):
        circuit.x(1)
    circuit.measure(1, 1)
    back = again(circuit)
    assert back == circuit
    assert [p.name for p in back.parameters] == [p.name for p in circuit.parameters]
    # As upstream: metadata is encoded, and stays as it is on the way back.
    assert codec.decode(back.metadata) == circuit.metadata


@pytest.mark.parametrize("version", [13, 15, 16, 17])
def test_the_qpy_version_can_be_chosen(version):
    import base64
    import zlib

    data = codec.encode(QuantumCircuit(2), qpy_version=version)
    assert zlib.decompress(base64.b64decode(data["__value__"]))[6] == version
    assert codec.decode(data) == QuantumCircuit(2)


def test_qpy_is_written_at_the_version_that_the_service_reads():
    import base64
    import zlib

    from qiskit.qpy import QPY_VERSION

    raw = zlib.decompress(base64.b64decode(codec.encode(QuantumCircuit(1))["__value__"]))
    assert raw[6] == min(codec.SERVICE_QPY_VERSION, QPY_VERSION)


def test_parameters_keep_their_identity():
    theta = Parameter("θ")
    assert again(theta) == theta
    assert again({"p": ParameterVector("v", 2)[1]})["p"].name == "v[1]"
    circuit = QuantumCircuit(1)
    circuit.rx(theta, 0)
    assert again(circuit.parameters) == [theta]


@pytest.mark.parametrize(
    "operator",
    [
        Pauli("-iXYZ"),
        PauliList(["XX", "YZ"]),
        SparsePauliOp(["XX", "ZI"], [0.5, 2j]),
    ],
)
def test_operators_come_back(operator):
    assert again(operator) == operator


def test_pauli_lindblad_maps_come_back():
    rates = PauliLindbladMap.from_list([("XIZ", 0.5), ("IYI", 0.25)])
    assert again(rates) == rates


def test_coupling_maps_are_lists_of_edges():
    assert again(CouplingMap([[0, 1], [1, 2]])) == [[0, 1], [1, 2]]


# ---- PUBs, bindings, observables ------------------------------------------------------------


def parametric():
    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(2)
    circuit.rx(a, 0)
    circuit.ry(b, 1)
    return circuit


def test_a_sampler_pub_is_circuit_values_shots():
    circuit = parametric()
    circuit.measure_all()
    values = np.arange(12.0).reshape(3, 2, 2)
    sent, sent_values, shots = again(SamplerPub.coerce((circuit, values, 77)))
    assert sent == circuit
    assert same(values, sent_values)
    assert shots == 77
    assert SamplerPub.coerce((sent, sent_values, shots)).shape == (3, 2)


def test_a_sampler_pub_without_parameters_has_an_empty_array_of_values():
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    _, values, shots = again(SamplerPub.coerce(circuit))
    assert values.shape == (0,)
    assert shots is None


def test_an_estimator_pub_is_circuit_observables_values_precision():
    pub = EstimatorPub.coerce((parametric(), [["ZZ"], [{"XX": 0.5}]], np.ones((3, 2)), 0.01))
    circuit, observables, values, precision = again(pub)
    assert observables == [[{"ZZ": 1.0}], [{"XX": 0.5}]]
    assert values.shape == (3, 2)
    assert precision == 0.01
    assert EstimatorPub.coerce((circuit, observables, values, precision)).shape == (2, 3)


def test_one_observable_is_one_object():
    pub = EstimatorPub.coerce((QuantumCircuit(2), SparsePauliOp(["IZ", "ZI"], [1, 2])))
    assert again(pub)[1] == {"IZ": 1.0, "ZI": 2.0}


def test_bindings_and_observables_arrays_come_back():
    bindings = BindingsArray({("a", "b"): np.ones((4, 2)), "c": np.zeros(4)})
    back = again(bindings)
    assert back.shape == (4,)
    assert list(back.data) == [("a", "b"), ("c",)]
    assert all(same(value, back.data[key]) for key, value in bindings.data.items())
    observables = ObservablesArray([["XX", "ZZ"]])
    assert again(observables).tolist() == observables.tolist()
    assert again(ObservablesArray("Z")).shape == ()
    assert again(ObservablesArray(SparseObservable.from_label("+-"))).num_qubits == 2


# ---- Results --------------------------------------------------------------------------------


@st.composite
def bit_arrays(draw):
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=3))
    bits, shots = draw(st.integers(1, 20)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    return BitArray.from_bool_array(rng.random((*shape, shots, bits)) < 0.5)


@quick
@given(bit_arrays())
def test_bit_arrays_come_back(bits):
    back = again(bits)
    assert back == bits
    assert (back.num_bits, back.num_shots, back.shape) == (
        bits.num_bits,
        bits.num_shots,
        bits.shape,
    )


def spans():
    start, stop = dt.datetime(2026, 1, 1, tzinfo=UTC), dt.datetime(2026, 1, 2, tzinfo=UTC)
    part = codec.DataSlice
    return codec.ExecutionSpans(
        (
            codec.ExecutionSpan(start, stop, {0: part((2, 100), (0, 150))}),
            codec.ExecutionSpan(start, stop, {1: part((2, 100), (0, 2), (0, 50))}),
            codec.ExecutionSpan(start, stop, {2: part((4, 3, 25), (1, 5), (0, 25), True)}),
            codec.ExecutionSpan(start, stop, {2: part((3, 4, 25), (1, 5), (0, 9), False, 90)}),
        )
    )


def result():
    data = DataBin(
        alpha=BitArray.from_samples(["001", "110"], 3),
        beta=BitArray.from_samples(["1", "0"], 1),
    )
    evs = DataBin(evs=np.ones((2, 3)), stds=np.zeros((2, 3)), shape=(2, 3))
    return PrimitiveResult(
        [SamplerPubResult(data, {"shots": 2}), PubResult(evs, {"target_precision": 0.1})],
        metadata={"version": 2, "execution": {"execution_spans": spans()}},
    )


def test_results_come_back_with_registers_metadata_and_spans():
    back = again(result())
    assert isinstance(back[0], SamplerPubResult)
    assert type(back[1]) is PubResult
    assert list(back[0].data) == ["alpha", "beta"]
    assert back[0].data.alpha.get_counts() == {"001": 1, "110": 1}
    assert back[0].join_data().num_bits == 4
    assert back[1].data.shape == (2, 3)
    assert back[0].metadata == {"shots": 2}
    assert back.metadata["execution"]["execution_spans"] == spans()
    assert codec.dumps(back) == codec.dumps(result())


def test_old_names_are_read():
    old = codec.encode(spans()) | {"__type__": "ExecutionSpanCollection"}
    assert codec.decode(old) == spans()
    as_estimator = codec.encode(result()[1]) | {"__type__": "EstimatorPubResult"}
    assert type(codec.decode(as_estimator)) is PubResult


def test_spans_say_when_and_what():
    all_spans = spans()
    assert len(all_spans) == 4
    assert all_spans.pub_idxs == [0, 1, 2]
    assert all_spans.duration == 86_400
    assert [span.size for span in all_spans] == [150, 100, 100, 36]
    assert all_spans[0].mask(0).sum() == 150
    assert all_spans[2].mask(2).shape == (3, 100)
    assert all_spans[3].mask(2).shape == (3, 90)
    assert all_spans[1:].filter_by_pub([1])[0].contains_pub(1)
    assert not all_spans[0].filter_by_pub(3).data_slices
    with pytest.raises(KeyError):
        all_spans[0].mask(1)


def test_the_result_decoder_reads_text_and_nothing():
    assert codec.ResultDecoder.decode(codec.dumps({"a": 1j})) == {"a": 1j}
    assert codec.ResultDecoder.decode("") is None
    assert codec.ResultDecoder.decode(" \n") is None
    assert codec.ResultDecoder.decode(None) is None
    with pytest.raises(CodecError, match="not JSON"):
        codec.ResultDecoder.decode("<html>")


def test_a_result_decoder_can_be_replaced():
    class Counts(codec.ResultDecoder):
        @classmethod
        def decode(cls, data):
            return [pub.data.alpha.get_counts() for pub in super().decode(data)[:1]]

    assert Counts.decode(codec.dumps(result())) == [{"001": 1, "110": 1}]


def test_an_unknown_type_spoils_inputs_but_not_results():
    data = codec.encode(result())
    new = {"__type__": "TimingV9", "__value__": [1, {"x": 2}], "extra": True}
    data["__value__"]["metadata"]["timing"] = new
    with pytest.raises(CodecError, match=r"metadata\.timing: unknown type 'TimingV9'"):
        codec.decode(data)
    kept = codec.ResultDecoder.decode(json.dumps(data)).metadata["timing"]
    assert kept == codec.Opaque("TimingV9", new)
    assert codec.encode(kept) == new
    assert "TimingV9" in repr(kept)


# ---- The registry ---------------------------------------------------------------------------


class Colour:
    def __init__(self, name):
        self.name = name


@pytest.fixture
def own_registry(monkeypatch):
    from runtime_widgets.codec import registry

    for table in ("_by_name", "_by_path", "_of_class"):
        monkeypatch.setattr(registry, table, dict(getattr(registry, table)))


@pytest.mark.usefixtures("own_registry")
def test_a_kind_can_be_added_and_replaced_on_purpose_only():
    kind = codec.Kind("Colour", (Colour,), lambda c, _: c.name, lambda v, _: Colour(v))
    with pytest.raises(CodecError, match="no way to write"):
        codec.encode(Colour("red"))
    codec.register(kind)
    assert again([Colour("red")])[0].name == "red"
    with pytest.raises(ValueError, match="Already registered"):
        codec.register(kind)
    codec.register(
        codec.Kind("Colour", (Colour,), lambda c, _: c.name, lambda v, _: v), replace=True
    )
    assert again(Colour("red")) == "red"
    assert any(k.name == "Colour" for k in codec.kinds())


@pytest.mark.usefixtures("own_registry")
def test_what_a_kind_raises_is_named_with_its_place_and_kept_as_cause():
    def fail(value, _):
        raise ZeroDivisionError("no")

    codec.register(codec.Kind("Colour", (Colour,), fail, fail))
    with pytest.raises(CodecError, match=r"at a\[1\]: .*ZeroDivisionError: no") as caught:
        codec.encode({"a": [1, Colour("red")]})
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(CodecError, match=r"at a\[1\]: not a valid Colour") as caught:
        codec.decode({"a": [1, {"__type__": "Colour", "__value__": 0}]})
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


# ---- What cannot be encoded -----------------------------------------------------------------


def test_what_has_no_place_on_the_wire_is_refused_with_its_place():
    with pytest.raises(CodecError, match=r"at options\.f\[0\]: no way to write"):
        codec.encode({"options": {"f": [len]}})
    with pytest.raises(CodecError, match="a key of type tuple"):
        codec.encode({(1, 2): 3})
    with pytest.raises(CodecError, match="two keys"):
        codec.encode({1: 2, "1": 3})


def test_a_list_in_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(CodecError, match="in itself"):
        codec.encode(loop)


def test_a_circuit_that_qpy_cannot_hold_is_refused():
    circuit = QuantumCircuit(1, metadata={"f": object()})
    with pytest.raises(CodecError, match="no way to write"):
        codec.encode([circuit])


def test_decoding_leaves_its_input_alone():
    data = codec.encode(result())
    before = json.dumps(data)
    codec.decode(data)
    assert json.dumps(data) == before


def test_importing_the_codec_imports_no_numpy_and_no_qiskit():
    code = (
        "import sys; from runtime_widgets import codec; codec.loads('[1]'); codec.dumps({'a': 1j});"
        "print(sorted({'numpy', 'qiskit'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_all_names_are_there():
    assert set(codec.__all__) <= set(dir(codec))
