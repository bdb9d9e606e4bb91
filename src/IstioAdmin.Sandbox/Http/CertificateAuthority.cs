using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IstioAdmin.Sandbox.Http;

/// <summary>Issues the certificates that the sandbox's servers on loopback show, and is what their clients trust.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromDays(1);
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);

    // The longest that Apple's platforms take from a server.
    private static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(397);

    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>Its certificate as PEM: <c>certificate-authority-data</c> of a kubeconfig before base64.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem() + "\n";

    /// <summary>Makes a new one.</summary>
    /// <param name="name">Its common name.</param>
    public static CertificateAuthority Create(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        DateTimeOffset start = DateTimeOffset.UtcNow - ClockSkew;
        return new CertificateAuthority(request.CreateSelfSigned(start, start + AuthorityLifetime));
    }

    /// <summary>Reads what <see cref="ExportPem"/> wrote.</summary>
    /// <exception cref="CryptographicException">It is not such a text.</exception>
    public static CertificateAuthority Load(string pem) => new(X509Certificate2.CreateFromPem(pem, pem));

    /// <summary>The certificate and its private key as PEM; a secret.</summary>
    public string ExportPem()
    {
        using ECDsa key = _certificate.GetECDsaPrivateKey()!;
        return CertificatePem + key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    /// <summary>Issues a server certificate for 127.0.0.1, ::1 and localhost, with its key.</summary>
    public X509Certificate2 IssueServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request("localhost", key);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        DateTimeOffset start = DateTimeOffset.UtcNow - ClockSkew;
        DateTimeOffset end = start + ServerLifetime;
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        using X509Certificate2 issued = request.Create(_certificate, start, end < _certificate.NotAfter ? end : _certificate.NotAfter, serial);
        using X509Certificate2 whole = issued.CopyWithPrivateKey(key);
        // Windows' TLS wants a key that the system keeps, not one that lives in memory only.
        return new X509Certificate2(whole.Export(X509ContentType.Pkcs12), (string?)null, X509KeyStorageFlags.Exportable);
    }

    public void Dispose() => _certificate.Dispose();

    private static CertificateRequest Request(string name, ECDsa key)
    {
        var distinguished = new X500DistinguishedNameBuilder();
        distinguished.AddCommonName(name);
        var request = new CertificateRequest(distinguished.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }
}
