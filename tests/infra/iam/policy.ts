export type Values = string | readonly string[]

/** A policy as AWS writes it, without references. */
export interface PolicyDocument {
  readonly Statement: readonly PolicyStatement[]
}

export interface PolicyStatement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | Readonly<Record<string, Values>>
  readonly Action: Values
  readonly Resource?: Values
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Values>>>>
}

export const list = (values: Values): readonly string[] => (typeof values === 'string' ? [values] : values)
