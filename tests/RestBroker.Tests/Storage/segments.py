"""Whole segment files and kafka-python. "read FILE...": one JSON line a file, [offset, key, value] of each record. "write FILE": a segment."""
import json
import struct
import sys

from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatchBuilder


def text(value):
    return None if value is None else value.decode()


def read(name):
    with open(name, "rb") as file:
        data = file.read()
    batches = MemoryRecords(data)
    size, found = 0, []
    while batches.has_next():
        batch = batches.next_batch()
        assert batch.magic == 2 and batch.validate_crc(), "%s: the checksum is wrong" % name
        found += [[r.offset, text(r.key), text(r.value)] for r in batch]
    assert batches.size_in_bytes() == len(data), "%s: there is more than batches in it" % name
    return found


def write(name):
    offset = 0
    with open(name, "wb") as file:
        for codec in (0, 1, 2, 3, 4):
            builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 20)
            for i in range(5):
                builder.append(i, 1000 + i, b"key%d" % i, b"value of codec %d " % codec * 20, [("n", b"v")])
            batch = builder.build()
            struct.pack_into(">q", batch, 0, offset)
            offset += 5
            file.write(batch)


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    for path in sys.argv[2:]:
        print(json.dumps(read(path)))
