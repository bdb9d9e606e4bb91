using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>
/// Decides whether a server's certificate is trusted. A refusal is thrown from the handshake as a <see cref="MeshException"/> that says why:
/// <c>ServerCertificateUntrusted</c>, <c>ServerCertificateExpired</c> or <c>ServerNameMismatch</c>.
/// </summary>
internal sealed class ServerTrust : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly Uri _server;
    private readonly string? _serverName;
    private readonly X509Certificate2Collection? _authorities;
    private readonly bool _insecure;
    private readonly byte[]? _fingerprint;

    private ServerTrust(Uri server, string? serverName, X509Certificate2Collection? authorities, bool insecure, byte[]? fingerprint = null)
    {
        _fingerprint = fingerprint;
        _server = server;
        _serverName = serverName;
        _authorities = authorities;
        _insecure = insecure;
    }

    /// <param name="server">The server's address.</param>
    /// <param name="serverName">The name expected in the certificate, when it is not the address's host.</param>
    /// <param name="authorities">PEM bundle of trusted certificates; null for those that the machine trusts.</param>
    /// <param name="insecure">Trust any certificate.</param>
    /// <param name="invalid">The error for a bundle without a certificate.</param>
    public static ServerTrust Create(Uri server, string? serverName, byte[]? authorities, bool insecure, Func<MeshException> invalid)
    {
        X509Certificate2Collection? certificates = null;
        if (authorities is not null && server.Scheme == Uri.UriSchemeHttps)
        {
            certificates = [];
            try
            {
                certificates.ImportFromPem(Encoding.UTF8.GetString(authorities));
            }
            catch (CryptographicException)
            {
                throw invalid();
            }
            if (certificates.Count == 0)
                throw invalid();
        }
        return new ServerTrust(server, serverName, certificates, insecure);
    }

    /// <summary>Trusts one certificate, whoever issued it and whatever it is for.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="fingerprint">SHA-256 of the certificate.</param>
    public static ServerTrust Pinned(Uri server, byte[] fingerprint) => new(server, serverName: null, authorities: null, insecure: false, fingerprint);

    /// <summary>Whether one certificate is trusted, and no authority.</summary>
    public bool IsPinned => _fingerprint is not null;

    /// <summary>Whether the authorities were given, instead of those that the machine trusts.</summary>
    public bool HasAuthorities => _authorities is not null;

    /// <summary>The same trust for a second owner, who may dispose of it.</summary>
    public ServerTrust Share() => new(_server, _serverName, _authorities is null ? null : [.. _authorities.Select(authority => new X509Certificate2(authority))], _insecure, _fingerprint);

    /// <summary>The callback for <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_insecure)
            return true;
        if (certificate is not X509Certificate2 leaf)
            throw Untrusted("the server presents no certificate");
        if (_fingerprint is { } pinned)
        {
            return CryptographicOperations.FixedTimeEquals(leaf.GetCertHash(HashAlgorithmName.SHA256), pinned)
                ? true
                : throw Untrusted($"its certificate ({leaf.Subject}) is not the one whose fingerprint was remembered");
        }
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            throw NameMismatch(leaf);
        if (_authorities is null)
        {
            return errors == SslPolicyErrors.None
                ? true
                : throw Refusal(leaf, chain?.ChainStatus ?? []);
        }
        return IsIssuedByAuthority(leaf, chain, _authorities);
    }

    public void Dispose()
    {
        foreach (X509Certificate2 authority in _authorities ?? [])
        {
            authority.Dispose();
        }
    }

    /// <summary>
    /// As in Go's crypto/x509 any certificate of the bundle is an anchor, be it a root, an intermediate or the server's own. .NET ends chains at
    /// self-signed roots only, so the chain may be partial as long as it runs, properly signed, through a certificate of the bundle.
    /// </summary>
    private bool IsIssuedByAuthority(X509Certificate2 leaf, X509Chain? presented, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(authorities);
        if (presented is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
            foreach (X509ChainElement element in presented.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
        }
        bool valid = chain.Build(leaf);
        bool anchored = chain.ChainElements.Any(element => authorities.Any(a => a.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));
        return valid && anchored ? true : throw Refusal(leaf, valid ? [] : chain.ChainStatus);
    }

    private MeshException Refusal(X509Certificate2 leaf, X509ChainStatus[] status)
    {
        if (leaf.NotAfter.ToUniversalTime() < DateTime.UtcNow)
        {
            return new MeshException(
                "ServerCertificateExpired", FailureKind.Connection,
                $"{_server.Name()}: the server's certificate ({leaf.Subject}) expired on {Date(leaf.NotAfter)}.",
                "Have the API server's certificate renewed; if it has not expired, correct this machine's clock.");
        }
        string why = string.Join(" ", status.Select(s => s.StatusInformation.Trim()).Distinct());
        return Untrusted($"its certificate ({leaf.Subject}) was issued by '{leaf.Issuer}', which is not trusted{(why.Length > 0 ? $": {why}" : "")}");
    }

    private MeshException Untrusted(string why) => new(
        "ServerCertificateUntrusted", FailureKind.Connection,
        $"{_server.Name()}: the server is not trusted: {why}.",
        _authorities is null
            ? "Set 'certificate-authority-data' of the kubeconfig's cluster to the CA that issued it."
            : "Fetch the kubeconfig again: its 'certificate-authority' belongs to another cluster, or the cluster's CA was renewed.");

    private MeshException NameMismatch(X509Certificate2 leaf) => new(
        "ServerNameMismatch", FailureKind.Connection,
        $"{_server.Name()}: the server's certificate is not for '{_serverName ?? _server.Host}' but for {Names(leaf)}.",
        "Use one of these names in 'server' of the kubeconfig, or set 'tls-server-name' to one of them.");

    private static string Names(X509Certificate2 leaf)
    {
        string[] names = [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(san => san.EnumerateDnsNames().Concat(san.EnumerateIPAddresses().Select(ip => ip.ToString())))];
        return names.Length > 0 ? string.Join(", ", names) : leaf.Subject;
    }

    private static string Date(DateTime date) => date.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
}
