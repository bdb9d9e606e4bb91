using System.Net.Http.Headers;

namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>What a request shows to the server. Compared by reference; never prints itself.</summary>
internal sealed class Credential
{
    public Credential(AuthenticationHeaderValue? authorization) => Authorization = authorization;

    public AuthenticationHeaderValue? Authorization { get; }

    public static Credential Bearer(string token) => new(new AuthenticationHeaderValue("Bearer", token));

    public override string ToString() => "***";
}
