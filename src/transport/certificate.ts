import { generateKeyPair, randomBytes, sign, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { fromBER, BitString, Integer, ObjectIdentifier, Sequence, Set, UTCTime, Utf8String } from 'asn1js'

/** Key and certificate of one job, PEM, and the certificate's SHA-256 fingerprint ('AA:BB:…') by which dialers know it. */
export interface JobCertificate {
  readonly key: string
  readonly cert: string
  readonly fingerprint: string
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const COMMON_NAME = '2.5.4.3'
const SERIAL_BYTES = 16
const DAY_MS = 24 * 60 * 60 * 1000
/** Clocks of nodes differ, and a job may run for months. Dialers look at the fingerprint alone; these dates keep other tools content. */
const VALID_BEFORE_DAYS = 2
const VALID_AFTER_DAYS = 3650
const PEM_LINE_LENGTH = 64

/**
 * Makes a self-signed certificate with a new EC key (P-256) for the channels of one job; nothing is written to disk. Takes a few
 * milliseconds. Load this file lazily: a job on one machine needs no certificate (docs/decisions/0003-job-certificate.md).
 * Layout: RFC 5280 §4.1, version 1 (no extensions), signed with ECDSA and SHA-256 (RFC 5758 §3.2).
 */
export async function makeJobCertificate(): Promise<JobCertificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const toBeSigned = certificateBody(publicKey.export({ type: 'spki', format: 'der' }))
  const signature = sign('sha256', Buffer.from(toBeSigned.toBER()), privateKey)
  const certificate = new Sequence({
    value: [toBeSigned, signatureAlgorithm(), new BitString({ valueHex: bytesOf(signature) })],
  })
  const cert = pem('CERTIFICATE', Buffer.from(certificate.toBER()))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert,
    fingerprint: new X509Certificate(cert).fingerprint256,
  }
}

/** TBSCertificate of RFC 5280. `publicKey`: SubjectPublicKeyInfo, DER. */
function certificateBody(publicKey: Buffer): Sequence {
  // The first byte is between 1 and 127: a positive number without leading zeros, as DER wants it.
  const serial = randomBytes(SERIAL_BYTES)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const now = Date.now()
  return new Sequence({
    value: [
      new Integer({ valueHex: bytesOf(serial) }),
      signatureAlgorithm(),
      commonName(),
      new Sequence({
        value: [
          new UTCTime({ valueDate: new Date(now - VALID_BEFORE_DAYS * DAY_MS) }),
          new UTCTime({ valueDate: new Date(now + VALID_AFTER_DAYS * DAY_MS) }),
        ],
      }),
      commonName(),
      fromBER(bytesOf(publicKey)).result,
    ],
  })
}

function signatureAlgorithm(): Sequence {
  return new Sequence({ value: [new ObjectIdentifier({ value: ECDSA_WITH_SHA256 })] })
}

function commonName(): Sequence {
  const attribute = new Sequence({
    value: [new ObjectIdentifier({ value: COMMON_NAME }), new Utf8String({ value: 'mpirun-ts job' })],
  })
  return new Sequence({ value: [new Set({ value: [attribute] })] })
}

/** asn1js takes whole ArrayBuffers; Node's small buffers are views of a larger one. */
function bytesOf(buffer: Buffer): ArrayBuffer {
  return Uint8Array.from(buffer).buffer
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(new RegExp(`.{1,${String(PEM_LINE_LENGTH)}}`, 'g')) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
