using System.Net.Http.Headers;
using System.Text;

namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>A token or a password that the kubeconfig itself holds, or nothing at all.</summary>
internal sealed class FixedCredentials : CredentialSource
{
    private readonly Credential _credential;

    private FixedCredentials(Credential credential) => _credential = credential;

    public static FixedCredentials None { get; } = new(new Credential(null));

    public static FixedCredentials Bearer(string token) => new(Credential.Bearer(token));

    public static FixedCredentials Basic(string user, string password) =>
        new(new Credential(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")))));

    public override ValueTask<Credential> GetAsync(CancellationToken cancel) => ValueTask.FromResult(_credential);
}
