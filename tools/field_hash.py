#!/usr/bin/env python3
"""Makes the perfect hash over the field names of src/http/field.tbl.

usage: field_hash.py field.tbl OUTPUT

The output is C, included by src/http/field.c, whose vb_field_find() computes
the same hash; see there for the layout. The result depends on the table only:
the multipliers come from a fixed sequence, the first that fits is taken.
"""
import re
import sys

MASK = (1 << 64) - 1
BUCKETS = 64
SLOTS = 256
ROW = re.compile(r'VB_FIELD\((\w+),\s*"([^"]*)",')
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def read(path):
    """The (id, name) rows of the table, checked."""
    rows = ROW.findall(open(path, encoding='ascii').read())
    names = [name.lower() for _, name in rows]
    for ident, name in rows:
        if not TOKEN.fullmatch(name):
            sys.exit(f'{path}: "{name}" is not a token')
        if ident != name.upper().replace('-', '_'):
            sys.exit(f'{path}: {ident} is not the id of "{name}"')
    for before, after in zip(names, names[1:]):
        if before >= after:
            sys.exit(f'{path}: "{after}" must stand before "{before}"')
    # vb_field_id is an index into arrays of bytes, and 0 is "other".
    if not 0 < len(rows) <= 250:
        sys.exit(f'{path}: {len(rows)} rows')
    return rows


def words(name):
    """What the hash sees of a name: two little-endian words."""
    text = name.lower().encode()
    if len(text) >= 8:
        parts = text[:8], text[-8:]
    elif len(text) >= 4:
        parts = text[:4], text[-4:]
    else:
        parts = bytes((text[0], text[len(text) // 2], text[-1])), b''
    return tuple(int.from_bytes(part, 'little') for part in parts)


def multipliers():
    """A fixed sequence of odd 64-bit numbers (Steele's SplitMix64)."""
    state = 0
    while True:
        state = (state + 0x9e3779b97f4a7c15) & MASK
        z = ((state ^ (state >> 30)) * 0xbf58476d1ce4e5b9) & MASK
        z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & MASK
        yield (z ^ (z >> 31)) | 1


def mix(name, multiplier):
    head, tail = words(name)
    x = ((head ^ len(name)) * multiplier) & MASK
    x = ((x ^ (x >> 32) ^ tail) * multiplier) & MASK
    return x


def place(names, multiplier):
    """Displacements per bucket and the slot table, or None."""
    buckets = [[] for _ in range(BUCKETS)]
    for index, name in enumerate(names):
        x = mix(name, multiplier)
        buckets[x >> 58].append((index, (x >> 48) % SLOTS))
    shifts = [0] * BUCKETS
    slots = [0] * SLOTS
    for number in sorted(range(BUCKETS), key=lambda n: -len(buckets[n])):
        bucket = buckets[number]
        for shift in range(SLOTS):
            wanted = {(base + shift) % SLOTS for _, base in bucket}
            if len(wanted) == len(bucket) and not any(slots[w] for w in wanted):
                break
        else:
            return None
        shifts[number] = shift
        for index, base in bucket:
            slots[(base + shift) % SLOTS] = index + 1
    return shifts, slots


def array(name, numbers):
    lines = [f'static const uint8_t {name}[{len(numbers)}] = {{']
    for at in range(0, len(numbers), 16):
        lines.append('    ' + ', '.join(map(str, numbers[at:at + 16])) + ',')
    return lines + ['};']


def main():
    source, output = sys.argv[1:]
    rows = read(source)
    names = [name for _, name in rows]
    for multiplier in multipliers():
        placed = place(names, multiplier)
        if placed:
            break
    lines = ['/* Made from field.tbl by tools/field_hash.py. */',
             f'#define FIELD_MULTIPLIER UINT64_C(0x{multiplier:016x})']
    lines += array('field_shifts', placed[0])
    lines += array('field_slots', placed[1])
    lines.append('static const struct field_key '
                 f'field_keys[{len(rows) + 1}] = {{')
    lines.append('    {0, 0, VB_SPAN_INIT("")},')
    for name in names:
        head, tail = words(name)
        lines.append(f'    {{UINT64_C(0x{head:016x}), UINT64_C(0x{tail:016x}),'
                     f' VB_SPAN_INIT("{name.lower()}")}},')
    lines.append('};')
    with open(output, 'w', encoding='ascii') as out:
        out.write('\n'.join(lines) + '\n')


main()
