using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>A client certificate with its key and the intermediates that go with it, checked before the first request.</summary>
internal sealed class ClientCertificate : IDisposable
{
    private ClientCertificate(X509Certificate2 leaf, X509Certificate2Collection intermediates)
    {
        Leaf = leaf;
        Context = SslStreamCertificateContext.Create(leaf, intermediates, offline: true);
    }

    public X509Certificate2 Leaf { get; }

    public SslStreamCertificateContext Context { get; }

    /// <param name="certificatePem">PEM text, leaf first.</param>
    /// <param name="keyPem">PEM text.</param>
    /// <param name="owner">Whose it is, for messages.</param>
    /// <param name="now">The time at which it must be valid.</param>
    /// <exception cref="MeshException">
    /// <c>ClientCertificateMissing</c>, <c>ClientKeyMissing</c>, <c>ClientCertificateInvalid</c>, <c>ClientKeyInvalid</c>, <c>ClientKeyEncrypted</c>,
    /// <c>ClientKeyMismatch</c>, <c>ClientCertificateExpired</c> or <c>ClientCertificateNotYetValid</c>.
    /// </exception>
    public static ClientCertificate Load(string? certificatePem, string? keyPem, string owner, DateTimeOffset now)
    {
        if (certificatePem is null)
            throw Bad("ClientCertificateMissing", $"{owner} has a client key but no client certificate.", "Add the certificate that belongs to the key.");
        if (keyPem is null)
            throw Bad("ClientKeyMissing", $"{owner} has a client certificate but no client key.", "Add the key that belongs to the certificate.");
        X509Certificate2Collection certificates = Parse(certificatePem, owner);
        X509Certificate2 leaf = certificates[0];
        CheckDates(leaf, owner, now);
        X509Certificate2 withKey = Join(leaf, keyPem, owner);
        certificates.RemoveAt(0);
        leaf.Dispose();
        return new ClientCertificate(withKey, certificates);
    }

    public void Dispose()
    {
        Leaf.Dispose();
        foreach (X509Certificate2 intermediate in Context.IntermediateCertificates)
        {
            intermediate.Dispose();
        }
    }

    private static X509Certificate2Collection Parse(string pem, string owner)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // The same message serves a block that is broken and text without any.
        }
        return certificates.Count > 0
            ? certificates
            : throw Bad(
                "ClientCertificateInvalid",
                $"The client certificate of {owner} is not a PEM certificate.",
                "It must hold a '-----BEGIN CERTIFICATE-----' block.");
    }

    private static void CheckDates(X509Certificate2 leaf, string owner, DateTimeOffset now)
    {
        if (leaf.NotAfter.ToUniversalTime() < now.UtcDateTime)
        {
            throw new MeshException(
                "ClientCertificateExpired", FailureKind.Unauthenticated,
                $"The client certificate of {owner} ({leaf.Subject}) expired on {Date(leaf.NotAfter)}.",
                "Fetch a new kubeconfig or renew the certificate.", owner);
        }
        if (leaf.NotBefore.ToUniversalTime() > now.UtcDateTime)
        {
            throw new MeshException(
                "ClientCertificateNotYetValid", FailureKind.Unauthenticated,
                $"The client certificate of {owner} ({leaf.Subject}) is valid only from {Date(leaf.NotBefore)} on.",
                "Check this machine's clock.", owner);
        }
    }

    private static X509Certificate2 Join(X509Certificate2 leaf, string keyPem, string owner)
    {
        if (keyPem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw Bad(
                "ClientKeyEncrypted",
                $"The client key of {owner} is protected by a passphrase.",
                "Remove the passphrase (openssl pkey); kubectl cannot use such keys either.");
        }
        using RSA? rsa = Import(RSA.Create(), keyPem);
        using ECDsa? ec = rsa is null ? Import(ECDsa.Create(), keyPem) : null;
        if (rsa is null && ec is null)
        {
            throw Bad(
                "ClientKeyInvalid",
                $"The client key of {owner} is not a PEM private key (RSA or EC).",
                "It must hold a '-----BEGIN PRIVATE KEY-----' block or its RSA or EC form.");
        }
        try
        {
            X509Certificate2 joined = rsa is not null ? leaf.CopyWithPrivateKey(rsa) : leaf.CopyWithPrivateKey(ec!);
            return OperatingSystem.IsWindows() ? Persisted(joined) : joined;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or CryptographicException)
        {
            throw Bad(
                "ClientKeyMismatch",
                $"The client key of {owner} does not belong to its client certificate ({leaf.Subject}).",
                "Use the key from which the certificate was made, or fetch the kubeconfig again.");
        }
    }

    private static T? Import<T>(T algorithm, string pem)
        where T : AsymmetricAlgorithm
    {
        try
        {
            algorithm.ImportFromPem(pem);
            return algorithm;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            algorithm.Dispose();
            return null;
        }
    }

    // SChannel does not take ephemeral keys; a round trip through PKCS#12 gives it one that it can find.
    private static X509Certificate2 Persisted(X509Certificate2 ephemeral)
    {
        using (ephemeral)
        {
            return new X509Certificate2(ephemeral.Export(X509ContentType.Pkcs12));
        }
    }

    private static MeshException Bad(string id, string message, string remedy) =>
        new(id, FailureKind.InvalidInput, char.ToUpperInvariant(message[0]) + message[1..], remedy);

    private static string Date(DateTime date) => date.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
