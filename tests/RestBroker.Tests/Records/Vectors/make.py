"""Makes vectors.json: record batches of kafka-python and, where it can, kafkajs. They must agree byte for byte. See README.md."""
import base64
import json
import subprocess

from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

T = 1700000000000
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def record(key=None, value=None, headers=(), timestamp=T, offset=None):
    """A key or value is None, a text, or [text, how often it is repeated]."""
    return {"offset": offset, "timestamp": timestamp, "key": key, "value": value, "headers": list(headers)}


RECORDS = {
    "one": [record("k", "v")],
    "nulls": [record(None, "v"), record("", "v"), record("k", None), record("k", ""), record(None, None), record("", "")],
    "headers": [record("k", "v", [("a", "1"), ("a", "2"), ("empty", ""), ("null", None), ("nam\u00e9", "\u00fc\u2603")]), record("k", "v")],
    "timestamps": [record("k", "v", (), T + d) for d in
                   (0, -1, 1, 63, -64, 64, -65, 8191, -8192, 8192, -8193, 2**31, -2**31, 2**40, -1600000000000)],
    "lengths": [record(["k", n], ["v", n]) for n in (62, 63, 64, 65, 8191, 8192)],
    "gaps": [record("k", "v", (), T, o) for o in (0, 63, 64, 8191, 8192, 1048575, 1048576, 2**31 - 1)],
    "two": [record("k", "v"), record("l", "w")],
    "lines": [record("10.0.0.%d" % (i % 7), "10.0.0.%d GET /item/%d HTTP/1.1 200 %d" % (i % 7, i, i * i), [("line", str(i))], T + i)
              for i in range(200)],
    "long": [record(None, ["%06d " % i, 700]) for i in range(20)],
}

NO_PRODUCER = [-1, -1, -1]
VECTORS = [
    {"name": name, "records": records, "compression": codec, "producer": producer, "transactional": transactional}
    for name, records, codec, producer, transactional in [
        ("one record", "one", "none", NO_PRODUCER, False),
        ("null and empty keys and values", "nulls", "none", NO_PRODUCER, False),
        ("headers", "headers", "none", NO_PRODUCER, False),
        ("timestamps before and after the first", "timestamps", "none", NO_PRODUCER, False),
        ("lengths around a varint's next byte", "lengths", "none", NO_PRODUCER, False),
        ("offsets with gaps", "gaps", "none", NO_PRODUCER, False),
        ("an idempotent producer", "two", "none", [2**40 + 7, 3, 2**31 - 1], False),
        ("a transaction", "one", "none", [9, 1, 0], True),
    ] + [("%s, %s" % (records, codec), records, codec, NO_PRODUCER, False) for codec in list(CODECS)[1:] for records in ("lines", "long")]
]


def encode(text):
    if isinstance(text, list): return (text[0] * text[1]).encode()
    return None if text is None else text.encode()


def kafka_python(vector):
    builder = DefaultRecordBatchBuilder(2, CODECS[vector["compression"]], vector["transactional"], *vector["producer"], 1 << 30)
    for item in RECORDS[vector["records"]]:
        headers = [(name, encode(value)) for name, value in item["headers"]]
        builder.append(item["offset"], item["timestamp"], encode(item["key"]), encode(item["value"]), headers)
    return bytes(builder.build())


for records in RECORDS.values():
    for index, item in enumerate(records):
        if item["offset"] is None: item["offset"] = index

node = subprocess.run(["node", "make.js"], input=json.dumps([RECORDS, VECTORS]), capture_output=True, text=True, check=True)
kafkajs = json.loads(node.stdout)
made = []
for vector in VECTORS:
    bytes_of = kafka_python(vector)
    assert DefaultRecordBatch(bytes_of).validate_crc()
    assert bytes_of[22] & 7 == CODECS[vector["compression"]], "compressing did not pay"
    made.append({**vector, "madeBy": ["kafka-python"], "bytes": base64.b64encode(bytes_of).decode()})
    other = kafkajs.get(vector["name"])
    if other == made[-1]["bytes"]: made[-1]["madeBy"].append("kafkajs")
    else: assert vector["compression"] != "none", vector["name"]
    if other and other != made[-1]["bytes"]: made.append({**vector, "madeBy": ["kafkajs"], "bytes": other})

with open("vectors.json", "w") as file:
    rows = lambda items: ",\n".join(items)
    sets = rows("  %s: [\n   %s]" % (json.dumps(name), ",\n   ".join(map(json.dumps, items))) for name, items in RECORDS.items())
    file.write('{\n "records": {\n%s\n },\n "vectors": [\n%s\n ]\n}\n' % (sets, rows("  " + json.dumps(v) for v in made)))
