using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Tests.Kube.World;

namespace IstioAdmin.Core.Tests.Kube.Connecting;

/// <summary>Client certificates are found wanting before the first request.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    [Fact]
    public void An_expired_certificate_is_told_with_its_date()
    {
        ClientPem client = _authority.IssueClient("jane", expires: new DateTimeOffset(2024, 5, 6, 7, 8, 0, TimeSpan.Zero), starts: new DateTimeOffset(2023, 5, 6, 7, 8, 0, TimeSpan.Zero));

        MeshException failure = Refuse(client.Certificate, client.Key);

        Assert.Equal(("ClientCertificateExpired", FailureKind.Unauthenticated), (failure.ErrorId, failure.Kind));
        Assert.Contains("2024-05-06 07:08 UTC", failure.Message, StringComparison.Ordinal);
        Assert.Contains("CN=jane", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_of_the_future_hints_at_the_clock()
    {
        ClientPem client = _authority.IssueClient(starts: DateTimeOffset.UtcNow.AddHours(5), expires: DateTimeOffset.UtcNow.AddHours(9));

        Assert.Equal("ClientCertificateNotYetValid", Refuse(client.Certificate, client.Key).ErrorId);
    }

    [Fact]
    public void A_key_of_another_certificate_does_not_match()
    {
        Assert.Equal("ClientKeyMismatch", Refuse(_authority.IssueClient().Certificate, _authority.IssueClient().Key).ErrorId);
    }

    [Fact]
    public void A_key_of_another_algorithm_does_not_match()
    {
        using RSA key = RSA.Create(2048);

        Assert.Equal("ClientKeyMismatch", Refuse(_authority.IssueClient().Certificate, key.ExportPkcs8PrivateKeyPem()).ErrorId);
    }

    [Theory]
    [InlineData("", "ClientKeyInvalid")]
    [InlineData("-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----", "ClientKeyInvalid")]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8=\n-----END ENCRYPTED PRIVATE KEY-----", "ClientKeyEncrypted")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\naGVsbG8=\n-----END RSA PRIVATE KEY-----", "ClientKeyEncrypted")]
    public void A_key_that_is_none_is_not_repeated_in_the_error(string key, string errorId)
    {
        MeshException failure = Refuse(_authority.IssueClient().Certificate, key);

        Assert.Equal(errorId, failure.ErrorId);
        Assert.DoesNotContain("aGVsbG8", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_certificate_block_is_an_error_of_ours()
    {
        Assert.Equal("ClientCertificateInvalid", Refuse("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----", _authority.IssueClient().Key).ErrorId);
    }

    [Fact]
    public void An_RSA_key_in_its_own_form_is_read()
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=rsa", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 self = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        using ClientCertificate certificate = ClientCertificate.Load(self.ExportCertificatePem(), key.ExportRSAPrivateKeyPem(), "user 'u'", DateTimeOffset.UtcNow);

        Assert.True(certificate.Leaf.HasPrivateKey);
    }

    [Fact]
    public void Intermediates_after_the_leaf_are_kept()
    {
        using TestAuthority intermediate = _authority.Intermediate("middle");
        ClientPem client = intermediate.IssueClient();

        using ClientCertificate certificate = ClientCertificate.Load(client.Certificate + "\n" + intermediate.Pem, client.Key, "user 'u'", DateTimeOffset.UtcNow);

        Assert.True(certificate.Leaf.HasPrivateKey);
        Assert.Contains("CN=middle", certificate.Context.IntermediateCertificates.Select(c => c.Subject));
    }

    public void Dispose() => _authority.Dispose();

    private static MeshException Refuse(string certificate, string key) =>
        Assert.Throws<MeshException>(() => ClientCertificate.Load(certificate, key, "user 'u'", DateTimeOffset.UtcNow));
}
