import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import { makeJobCertificate } from '../../../src/transport/certificate.ts'

describe('makeJobCertificate()', () => {
  it('makes a certificate that its own key has signed', async () => {
    const { key, cert, fingerprint } = await makeJobCertificate()
    const certificate = new X509Certificate(cert)
    expect(certificate.verify(certificate.publicKey)).to.equal(true)
    expect(certificate.checkPrivateKey(createPrivateKey(key))).to.equal(true)
    expect(certificate.fingerprint256).to.equal(fingerprint)
    expect(fingerprint).to.match(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    expect(Date.parse(certificate.validFrom)).to.be.lessThan(Date.now())
    expect(Date.parse(certificate.validTo)).to.be.greaterThan(Date.now())
  })

  it('makes another one each time, always with a well-formed serial number', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => makeJobCertificate()))
    expect(new Set(made.map((each) => each.fingerprint)).size).to.equal(20)
    for (const { cert } of made) expect(new X509Certificate(cert).serialNumber).to.match(/^[4-7][0-9A-F]{31}$/)
  })
})
