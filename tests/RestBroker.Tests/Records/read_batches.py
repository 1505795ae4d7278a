"""Reads record batches with kafka-python: one file name a line on standard input, one JSON line of records each on standard output."""
import json
import sys

from kafka.record.default_records import DefaultRecordBatch


def hexed(value):
    return None if value is None else value.hex()


for name in sys.stdin.read().splitlines():
    with open(name, "rb") as file:
        batch = DefaultRecordBatch(file.read())
    assert batch.magic == 2 and batch.validate_crc(), "%s: the checksum is wrong" % name
    print(json.dumps([
        [r.offset, r.timestamp, hexed(r.key), hexed(r.value), [[k, hexed(v)] for k, v in r.headers]] for r in batch
    ]))
