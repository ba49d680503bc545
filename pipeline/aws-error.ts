import { UserError } from '../src/error.ts'

const REMEDIES: Readonly<Record<string, string>> = {
  NoSuchBucket: 'check its name, and the endpoint that AWS_ENDPOINT_URL names',
  EntityNotFoundException: 'deploy the stack of docs/guides/aws.md, or choose the region and the account that have it',
  AccessDenied: 'the session lacks this permission',
  AccessDeniedException: 'the session lacks this permission',
  CredentialsProviderError: 'log in: AWS_PROFILE, `aws sso login`, or the variables of a session',
  ExpiredToken: 'log in again',
  ExpiredTokenException: 'log in again',
  InvalidAccessKeyId: 'log in again, at the right account',
  UnrecognizedClientException: 'log in again, at the right account',
}

/**
 * Does something at a service of AWS.
 *
 * @param place what is asked, as people call it: `s3://BUCKET`, `Step Functions`
 * @throws UserError with what the service says, or why it could not be reached, and what to do
 */
export async function atAws<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error)) throw error
    const remedy = REMEDIES[error.name] ?? (error.message === 'Region is missing' ? 'set AWS_REGION' : undefined)
    // Only what a service or the way to it says has one of these; the rest is a defect of ours.
    if (remedy === undefined && !('$metadata' in error) && !('code' in error)) throw error
    throw new UserError(`${error.name}: ${error.message}`, { file: place, cause: error, remedy })
  }
}
