import { createPrivateKey } from 'node:crypto'
import { UserError } from '../../error.ts'
import { readSecretFile } from './secret-file.ts'

export interface PrivateKeyKeys {
  /** PEM. */
  readonly privateKey?: string | undefined
  readonly privateKeyPath?: string | undefined
  readonly privateKeyPassphrase?: string | undefined
}

/**
 * Reads and decrypts the key of a key pair; returns it as the driver takes it, PKCS #8 in PEM.
 *
 * @throws UserError that names the key, and neither it nor its passphrase
 */
export function readPrivateKey(
  { privateKey, privateKeyPath, privateKeyPassphrase }: PrivateKeyKeys,
  place: { readonly file: string; readonly folder: string },
): string {
  const pem = privateKey ?? readSecretFile(privateKeyPath ?? '', 'privateKeyPath', place)
  const name = privateKey === undefined ? 'privateKeyPath' : 'privateKey'
  try {
    return createPrivateKey({ key: pem, passphrase: privateKeyPassphrase })
      .export({ type: 'pkcs8', format: 'pem' })
      .toString()
  } catch {
    // The cause is left out: it may quote what it could not read.
    throw new UserError(
      `the key of ${name} cannot be read${privateKeyPassphrase === undefined ? '' : ' with privateKeyPassphrase'}`,
      {
        file: place.file,
        remedy: pem.includes('ENCRYPTED')
          ? 'correct privateKeyPassphrase'
          : 'give a private key in PEM: -----BEGIN PRIVATE KEY-----',
      },
    )
  }
}
