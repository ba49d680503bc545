import { crc32 } from 'node:zlib'

// 1 January 1980, the first day that a zip knows: the same content makes the same bytes at any time.
const DATE = 0x0021

/** The header of an entry; `where` is its place, and only the list at the end says that. */
function header({ name, content }, where) {
  const path = Buffer.from(name)
  const isListed = where !== undefined
  const head = Buffer.alloc(isListed ? 46 : 30)
  let at = head.writeUInt32LE(isListed ? 0x02014b50 : 0x04034b50)
  if (isListed) at = head.writeUInt16LE(20, at)
  // Version 2.0, no flags, stored as it is.
  for (const number of [20, 0, 0, 0, DATE]) at = head.writeUInt16LE(number, at)
  for (const number of [crc32(content), content.length, content.length]) at = head.writeUInt32LE(number, at)
  head.writeUInt16LE(path.length, at)
  if (isListed) head.writeUInt32LE(where, 42)
  return Buffer.concat([head, path])
}

/** A zip of these files, stored as they are and in this order. */
export function zip(files) {
  const parts = []
  const list = []
  let size = 0
  for (const file of files) {
    list.push(header(file, size))
    for (const part of [header(file), file.content]) {
      parts.push(part)
      size += part.length
    }
  }
  const directory = Buffer.concat(list)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(size, 16)
  return Buffer.concat([...parts, directory, end])
}
