import { systemCode, systemReason } from '../base/system-reason.ts'
import { usageError } from './arguments/values.ts'

/** The folder in which the command was typed. Throws ERR_USAGE (exit status 2) where it is gone. */
export function currentFolder(): string {
  try {
    return process.cwd()
  } catch (error) {
    const why =
      systemCode(error) === 'ENOENT' ? 'it has been deleted or moved since you entered it' : systemReason(error)
    throw usageError(
      `Cannot start in the current folder: ${why}. Change to another one (cd), also where you give --wdir.`,
    )
  }
}
