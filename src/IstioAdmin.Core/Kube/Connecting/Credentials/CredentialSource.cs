using System.Security.Cryptography.X509Certificates;

namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>Where a user's credential comes from. Safe for concurrent use.</summary>
internal abstract class CredentialSource : IDisposable
{
    /// <summary>Whether <see cref="CurrentCertificate"/> may hold a certificate, and another one later.</summary>
    public virtual bool RotatesCertificate => false;

    /// <summary>The client certificate that came with the last credential; null when none did.</summary>
    public virtual X509Certificate2? CurrentCertificate => null;

    /// <summary>The credential for the next request.</summary>
    /// <exception cref="MeshException">There is none to be had.</exception>
    public abstract ValueTask<Credential> GetAsync(CancellationToken cancel);

    /// <summary>Told that the server did not accept <paramref name="refused"/>.</summary>
    /// <returns>True when it is worth asking for a credential again.</returns>
    public virtual bool Renew(Credential refused) => false;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}
