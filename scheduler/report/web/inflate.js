// What DecompressionStream does, for browsers that have none: RFC 1951 inside RFC 1952.

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83,
  99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5,
  5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
  1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11,
  11, 12, 12, 13, 13];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

// Bits of a byte array, lowest first.
class BitReader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
    this.held = 0;
    this.count = 0;
  }
  take(bits) {
    while (this.count < bits) {
      if (this.at >= this.bytes.length) throw new Error('packed data ends too early');
      this.held |= this.bytes[this.at++] << this.count;
      this.count += 8;
    }
    const value = this.held & ((1 << bits) - 1);
    this.held >>>= bits;
    this.count -= bits;
    return value;
  }
  dropToByte() {
    this.held = 0;
    this.count = 0;
  }
}

// A canonical Huffman code, from the length of each symbol's word.
class HuffmanCode {
  constructor(lengths) {
    this.counts = new Uint16Array(16);
    for (const length of lengths) this.counts[length]++;
    this.counts[0] = 0;
    const offsets = new Uint16Array(17);
    for (let i = 1; i < 16; i++) offsets[i + 1] = offsets[i] + this.counts[i];
    this.symbols = new Uint16Array(lengths.length);
    lengths.forEach((length, symbol) => {
      if (length) this.symbols[offsets[length]++] = symbol;
    });
  }
  read(reader) {
    let word = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      word |= reader.take(1);
      const count = this.counts[length];
      if (word - count < first) return this.symbols[index + word - first];
      index += count;
      first = (first + count) << 1;
      word <<= 1;
    }
    throw new Error('packed data has a word of no code');
  }
}

class GrowingBytes {
  constructor(size) {
    this.bytes = new Uint8Array(size);
    this.size = 0;
  }
  room(more) {
    if (this.size + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.size + more));
    larger.set(this.bytes);
    this.bytes = larger;
  }
  push(byte) {
    this.room(1);
    this.bytes[this.size++] = byte;
  }
  repeat(distance, length) {
    if (distance > this.size) throw new Error('packed data refers to before its beginning');
    this.room(length);
    for (let i = 0; i < length; i++, this.size++) {
      this.bytes[this.size] = this.bytes[this.size - distance];
    }
  }
}

function fixedCodes() {
  const lengths = [];
  for (let i = 0; i < 288; i++) lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
  return [new HuffmanCode(lengths), new HuffmanCode(new Array(30).fill(5))];
}

function readCodes(reader) {
  const literals = reader.take(5) + 257;
  const distances = reader.take(5) + 1;
  const count = reader.take(4) + 4;
  const own = new Array(19).fill(0);
  for (let i = 0; i < count; i++) own[CODE_LENGTH_ORDER[i]] = reader.take(3);
  const code = new HuffmanCode(own);
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = code.read(reader);
    if (symbol < 16) {
      lengths.push(symbol);
      continue;
    }
    const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
    let times = symbol === 16 ? 3 + reader.take(2)
      : symbol === 17 ? 3 + reader.take(3) : 11 + reader.take(7);
    while (times-- > 0) lengths.push(value);
  }
  return [new HuffmanCode(lengths.slice(0, literals)), new HuffmanCode(lengths.slice(literals))];
}

function inflateCodes(reader, [literals, distances], out) {
  for (;;) {
    const symbol = literals.read(reader);
    if (symbol === 256) return;
    if (symbol < 256) {
      out.push(symbol);
      continue;
    }
    const length = LENGTH_BASE[symbol - 257] + reader.take(LENGTH_BITS[symbol - 257]);
    const distance = distances.read(reader);
    out.repeat(DISTANCE_BASE[distance] + reader.take(DISTANCE_BITS[distance]), length);
  }
}

function inflateStored(reader, out) {
  reader.dropToByte();
  const size = reader.take(8) | reader.take(8) << 8;
  reader.take(16);
  for (let i = 0; i < size; i++) out.push(reader.take(8));
}

// The bytes of a gzip file as zlib writes one: ten bytes of header, no name. The last four say the
// size.
function gunzip(bytes) {
  const size = new DataView(bytes.buffer).getUint32(bytes.length - 4, true);
  const out = new GrowingBytes(size);
  const reader = new BitReader(bytes, 10);
  let last = false;
  while (!last) {
    last = reader.take(1) === 1;
    const kind = reader.take(2);
    if (kind === 0) inflateStored(reader, out);
    else if (kind === 1) inflateCodes(reader, fixedCodes(), out);
    else if (kind === 2) inflateCodes(reader, readCodes(reader), out);
    else throw new Error('packed data is of no known kind');
  }
  return out.bytes.subarray(0, out.size);
}
