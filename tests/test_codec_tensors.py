"""Tensors and blobs of several circuits: what quantum programs are made of."""

from __future__ import annotations

import base64
import io
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from qiskit import QuantumCircuit, qpy

from runtime_widgets.codec import UNTRUSTED_LIMITS, Limits
from runtime_widgets.codec.circuits import load_circuits
from runtime_widgets.codec.limits import PayloadError
from runtime_widgets.codec.qpy_check import find_starts
from runtime_widgets.codec.reader import Reader
from runtime_widgets.codec.tensors import tensor_from_wire, tensor_to_wire

MIB = 1 << 20
PLAIN = ["bool", "f8", "u1", "c16"]
ALL = [*PLAIN, "f2", "f4", "i1", "i2", "i4", "i8", "u2", "u4", "u8", "c8"]


def reader(limits=UNTRUSTED_LIMITS):
    return Reader(limits, keep_unknown=False)


def arrays(kinds):
    def of(kind):
        shape = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)
        return hnp.arrays(np.dtype(kind).newbyteorder("="), shape)

    return st.sampled_from(kinds).flatmap(of)


def same(left, right):
    assert left.dtype == right.dtype
    assert left.shape == right.shape
    assert left.tobytes() == right.tobytes()


@settings(deadline=None)
@given(arrays(ALL))
def test_any_tensor_comes_back(array):
    same(tensor_from_wire(tensor_to_wire(array, compressed=True), reader(), compressed=True), array)


@settings(deadline=None)
@given(arrays(PLAIN))
def test_any_tensor_of_the_earlier_versions_comes_back(array):
    wire = tensor_to_wire(array, compressed=False)
    same(tensor_from_wire(wire, reader(), compressed=False), array)


@pytest.mark.parametrize("compressed", [True, False])
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_the_published_models_read_and_write_the_same(compressed, data):
    tensors = pytest.importorskip("ibm_quantum_schemas.common.tensor")
    model = tensors.CompressedTensorModel if compressed else tensors.TensorModel
    array = data.draw(arrays(ALL if compressed else PLAIN))
    same(model.model_validate(tensor_to_wire(array, compressed=compressed)).to_numpy(), array)
    theirs = model.from_numpy(array).model_dump(mode="json")
    same(tensor_from_wire(theirs, reader(), compressed=compressed), array)


def test_arrays_that_are_not_contiguous_are_written_in_order():
    array = np.arange(24.0).reshape(2, 3, 4)[:, ::-1].T
    wire = tensor_to_wire(array, compressed=True)
    assert np.array_equal(tensor_from_wire(wire, reader(), compressed=True), array)


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([None]), np.zeros(2, "M8[s]")])
def test_what_is_no_tensor_is_not_written(array):
    with pytest.raises(PayloadError, match="dtype"):
        tensor_to_wire(array, compressed=True)


def wire(raw=b"\0" * 8, shape=(1,), dtype="f64", packed=True):
    data = base64.b64encode(zlib.compress(raw) if packed else raw).decode()
    return {"data": data, "shape": list(shape), "dtype": dtype}


BOMB = base64.b64encode(zlib.compress(b"\0" * (512 * MIB), 9)).decode()


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (None, "object"),
        ([1.0], "object"),
        ({"data": ""}, "object"),
        ({**wire(), "more": 1}, "object"),
        (wire(shape=[-1]), "list of numbers"),
        (wire(shape=[1.0]), "list of numbers"),
        (wire(shape=[True]), "list of numbers"),
        ({**wire(), "shape": 1}, "list of numbers"),
        (wire(shape=[1] * 40), "axes"),
        (wire(shape=[2**70]), "elements"),
        (wire(shape=[0, 2**70]), "elements"),
        (wire(shape=[2**20] * 3), "elements"),
        (wire(dtype="O"), "dtype"),
        (wire(dtype="f128"), "dtype"),
        (wire(dtype=["f64"]), "dtype"),
        (wire(dtype="<f8"), "dtype"),
        ({**wire(), "data": 5}, "base64"),
        ({**wire(), "data": "!!!!"}, "base64"),
        ({**wire(), "data": "AAAA"}, "zlib"),
        (wire(b"\0" * 7), "holds 7"),
        (wire(b"\0" * 9), "longer"),
        (wire(shape=[10**7]), "compressed ones"),
        ({**wire(shape=[100]), "data": BOMB}, "longer"),
        ({"data": wire()["data"][:8], "shape": [1], "dtype": "f64"}, "cut short|zlib"),
    ],
)
def test_tensors_that_lie_are_refused_in_little_memory(value, match):
    tracemalloc.start()
    try:
        with pytest.raises(PayloadError, match=match):
            tensor_from_wire(value, reader(), compressed=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB


def test_a_plain_tensor_has_the_length_that_it_says():
    with pytest.raises(PayloadError, match="holds 7"):
        tensor_from_wire(wire(b"\0" * 7, packed=False), reader(), compressed=False)


def test_many_tensors_share_one_limit():
    shared = reader(Limits(max_bytes=1000))
    full = tensor_to_wire(np.zeros(100), compressed=True)
    tensor_from_wire(full, shared, compressed=True)
    with pytest.raises(PayloadError, match="once decompressed"):
        tensor_from_wire(full, shared, compressed=True)


def blob(*circuits, version=17, **options):
    buffer = io.BytesIO()
    qpy.dump(list(circuits), buffer, version=version, **options)
    return buffer.getvalue()


def circuit(qubits):
    made = QuantumCircuit(qubits, name=f"c{qubits}")
    made.h(range(qubits))
    return made


@pytest.mark.parametrize("version", [v for v in (16, 17, 18) if v <= qpy.QPY_VERSION])
def test_several_circuits_in_one_blob(version):
    made = [circuit(1), circuit(3), circuit(2)]
    assert load_circuits(blob(*made, version=version), reader(), most=3) == made


def test_more_circuits_than_may_be_are_not_read():
    with pytest.raises(PayloadError, match="at most 2"):
        load_circuits(blob(*[circuit(1)] * 3), reader(), most=2)


def test_every_circuit_of_a_blob_is_inspected():
    small = Limits(max_qubits=5, inspect_circuits=True)
    with pytest.raises(PayloadError, match="claims 6 bits"):
        load_circuits(blob(circuit(2), circuit(6)), reader(small), most=2)
    with pytest.raises(PayloadError, match="claims 6 bits"):
        load_circuits(blob(circuit(2), circuit(6)), reader(Limits(max_qubits=5)), most=2)


def test_circuits_that_share_their_bytes_are_refused():
    raw = bytearray(blob(circuit(2), circuit(2)))
    raw[28:36] = raw[20:28]
    with pytest.raises(PayloadError, match="overlap"):
        load_circuits(bytes(raw), reader(), most=2)


def test_a_table_that_points_nowhere_is_refused():
    raw = bytearray(blob(circuit(2)))
    raw[20:28] = (2**63).to_bytes(8, "big")
    with pytest.raises(PayloadError, match="cut short"):
        load_circuits(bytes(raw), reader())
    with pytest.raises(PayloadError, match="cut short"):
        find_starts(bytes(raw[:24]), 1)


def test_annotations_of_boxes_are_kept_unread():
    """Their serializers belong to packages that need not be installed."""
    annotation = pytest.importorskip("qiskit.circuit.annotation")

    class Note(annotation.Annotation):
        namespace = "mine.notes"

    class Notes(annotation.QPYSerializer):
        def dump_annotation(self, namespace, annotation):
            return b"a note"

        def load_annotation(self, payload):
            raise AssertionError("read by nobody here")

    made = QuantumCircuit(1)
    with made.box([Note()]):
        made.x(0)
    raw = blob(made, annotation_factories={"mine": Notes})
    (read,) = load_circuits(raw, reader())
    (kept,) = read.data[0].operation.annotations
    assert (kept.namespace, kept.payload) == ("mine", b"a note")
    assert read.data[0].operation.blocks[0] == made.data[0].operation.blocks[0]
