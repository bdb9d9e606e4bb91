using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace IstioAdmin.Core.Tests.Kube.World;

/// <summary>A certificate authority made for one test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _certificate;

    public TestAuthority(string name = "test-ca") => _certificate = Self(name);

    private TestAuthority(X509Certificate2 certificate) => _certificate = certificate;

    public string Pem => _certificate.ExportCertificatePem();

    public string PemBase64 => Convert.ToBase64String(Encoding.UTF8.GetBytes(Pem));

    /// <summary>An authority below this one.</summary>
    public TestAuthority Intermediate(string name) => new(Issue(name, request =>
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
    }));

    /// <summary>A certificate for a server on loopback; with <paramref name="dnsName"/> it is for that name only.</summary>
    public X509Certificate2 IssueServer(string? dnsName = null, DateTimeOffset? expires = null) => Issue(dnsName ?? "loopback", request =>
    {
        var names = new SubjectAlternativeNameBuilder();
        if (dnsName is null)
            names.AddIpAddress(IPAddress.Loopback);
        else
            names.AddDnsName(dnsName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
    }, expires);

    public ClientPem IssueClient(string name = "jane", DateTimeOffset? expires = null, DateTimeOffset? starts = null)
    {
        using X509Certificate2 certificate = Issue(
            name,
            request => request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false)),
            expires,
            starts);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        return new ClientPem(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _certificate.Dispose();

    private X509Certificate2 Issue(string name, Action<CertificateRequest> extend, DateTimeOffset? expires = null, DateTimeOffset? starts = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        extend(request);
        DateTimeOffset until = expires ?? DateTimeOffset.UtcNow.AddDays(1);
        DateTimeOffset from = starts ?? until.AddDays(-2);
        using X509Certificate2 issued = request.Create(
            _certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_certificate.GetECDsaPrivateKey()!), from, until, RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Self(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(30));
    }
}

/// <summary>A client certificate and its key, as PEM text.</summary>
internal sealed record ClientPem(string Certificate, string Key)
{
    public string CertificateBase64 => Convert.ToBase64String(Encoding.UTF8.GetBytes(Certificate));

    public string KeyBase64 => Convert.ToBase64String(Encoding.UTF8.GetBytes(Key));
}
