using System.Net;
using IstioAdmin.Core.Kube.Connecting.Credentials;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>What a kubeconfig context (or a pod's service account) resolves to: everything that a transport needs, checked and loaded.</summary>
internal sealed class ConnectionSettings : IDisposable
{
    public required KubeEndpoint Endpoint { get; init; }

    public required ServerTrust Trust { get; init; }

    public required CredentialSource Credentials { get; init; }

    /// <summary>The client certificate that the kubeconfig names; null when there is none, or an exec plugin hands it out.</summary>
    public ClientCertificate? Certificate { get; init; }

    /// <summary>The name that the server's certificate must bear, when it is not the one in the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Null: the environment's proxy settings, or none on loopback.</summary>
    public IWebProxy? Proxy { get; init; }

    public bool DisableCompression { get; init; }

    public Impersonation? Impersonation { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the administrator should hear about these settings.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public void Dispose()
    {
        Certificate?.Dispose();
        Credentials.Dispose();
        Trust.Dispose();
    }
}
