import { ScriptException } from './errors.ts'
import { convert } from './evaluate.ts'
import { type Flow, type Frame, find, inner } from './frame.ts'
import { runSource, valueFrom } from './sources.ts'
import type { Block, Declaration, Handler } from './tree.ts'
import { type DataType, type Typed, VARCHAR } from './types.ts'

/** Executes a block: its declarations, its statements, and the handler of what they raise. */
export async function runBlock(block: Block, outer: Frame): Promise<Flow> {
  const frame = inner(outer)
  for (const declaration of block.declarations) await runDeclaration(declaration, frame)
  try {
    return await frame.execute(block.statements, frame)
  } catch (error) {
    const handler =
      error instanceof ScriptException ? block.handlers.find(each => handles(each, error, frame)) : undefined
    if (handler === undefined) throw error
    return frame.execute(handler.statements, inner(frame, { exception: error as ScriptException }))
  }
}

function handles({ names }: Handler, error: ScriptException, { scope }: Frame): boolean {
  return names.some(name => {
    const entry = find(scope, name)
    if (entry?.kind === 'exception') return entry.declaration === error.declared
    return name === 'OTHER' || (error.declared === undefined && name === error.exception)
  })
}

/** Executes a declaration. A variable without a type has that of its first value. */
export async function runDeclaration(declaration: Declaration, frame: Frame): Promise<void> {
  const { entries } = frame.scope
  const { name } = declaration
  if (declaration.kind === 'exception') entries.set(name, { kind: 'exception', declaration })
  if (declaration.kind === 'cursor')
    entries.set(name, { kind: 'cursor', source: declaration.source, scope: frame.scope, open: undefined })
  if (declaration.kind === 'resultset') {
    const result = declaration.source === undefined ? undefined : await runSource(declaration.source, frame)
    entries.set(name, { kind: 'resultset', result })
  }
  if (declaration.kind !== 'variable') return
  const first: Typed =
    declaration.value === undefined ? { type: VARCHAR, value: null } : await valueFrom(declaration.value, frame)
  const value = await convert(first, declaration.type ?? inferred(first.type), frame, declaration.line)
  entries.set(name, { kind: 'variable', ...value })
}

function inferred(type: DataType): DataType {
  if (type.name === 'NUMBER') return { name: 'NUMBER', precision: 38, scale: type.scale ?? 0 }
  return { name: type.name }
}
