// What kafkajs makes of the records on standard input. It has no codec but gzip built in.
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const Record = require('kafkajs/src/protocol/recordBatch/record/v0')
const Long = require('kafkajs/src/utils/long')

// kafkajs 2.2.4 handles a null header value, but asks for its length first.
const byteLength = Buffer.byteLength
Buffer.byteLength = (value, ...rest) => (value === null ? 0 : byteLength(value, ...rest))

const codecs = { none: 0, gzip: 1 }
const bytes = text => (text === null ? null : Buffer.from(Array.isArray(text) ? text[0].repeat(text[1]) : text))

const batch = async ({ compression, producer, transactional }, records) => {
  const first = records[0].timestamp
  const made = await RecordBatch({
    compression: codecs[compression],
    firstTimestamp: first,
    maxTimestamp: Math.max(...records.map(r => r.timestamp)),
    lastOffsetDelta: records[records.length - 1].offset,
    transactional,
    producerId: Long.fromNumber(producer[0]),
    producerEpoch: producer[1],
    firstSequence: producer[2],
    records: records.map(r => Record({
      offsetDelta: r.offset,
      timestampDelta: r.timestamp - first,
      key: bytes(r.key),
      value: bytes(r.value),
      headers: r.headers.reduce((all, [name, value]) => {
        all[name] = name in all ? [].concat(all[name], value) : value
        return all
      }, {}),
    })),
  })
  return made.buffer.toString('base64')
}

const main = async () => {
  const [records, vectors] = JSON.parse(require('fs').readFileSync(0, 'utf8'))
  const out = {}
  for (const one of vectors) if (one.compression in codecs) out[one.name] = await batch(one, records[one.records])
  process.stdout.write(JSON.stringify(out))
}

main()
